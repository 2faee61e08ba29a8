/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Bind values: what a QueryDesc's ParamListInfo (nodes/params.h) holds when its executor first runs.
 * Lists of plpgsql hold nothing, their values are the function's variables (plpgsql.h). Every pointer
 * may be wild: what cannot be read is said to be so. */
#ifndef PGSTITCH_BINDS_BPF_H
#define PGSTITCH_BINDS_BPF_H

#include "layouts.bpf.h"

/* Places of a list, or of plpgsql's variables, that are looked at. */
#define MAX_PLACES 1024
#define SET_WORD_BITS 64

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BINARIES);
	__type(key, __u32);
	__type(value, struct bind_layout);
} bind_layouts SEC(".maps");

/* typlen and typbyval of the built-in types of each binary: length in the low 16 bits, BIND_BY_VALUE
 * above. The key is binary << 16 | OID. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_BINARIES * 1024);
	__type(key, __u32);
	__type(value, __u32);
} bind_types SEC(".maps");

#define BIND_LENGTH_MASK 0xffff
#define BIND_BY_VALUE (1 << 16)
#define BIND_KNOWN (1 << 17)	/* of the two above */
#define BIND_NULL (1 << 18)
#define BIND_NOT_HELD (1 << 19) /* a record's field that the function did not look at yet */

#define LENGTH_VARLENA 0xffff /* typlen -1 */
#define LENGTH_CSTRING 0xfffe /* typlen -2 */

/* varatt.h, postgres.h: kinds of a varlena by the lowest bits of its first byte. */
#define VARLENA_IS_SHORT 1
#define VARLENA_IS_COMPRESSED 2
#define VARLENA_EXTERNAL 1
#define VARTAG_EXPANDED_RO 2
#define VARTAG_EXPANDED_RW 3
#define VARTAG_ONDISK 18
#define MOST_BYTES (1u << 30)

static __always_inline struct bind_layout *bind_layout_of(__u32 binary)
{
	struct bind_layout *l = bpf_map_lookup_elem(&bind_layouts, &binary);

	return l && l->known ? l : 0;
}

/* Reads up to the limit of a value's bytes behind the event in the scratch. */
static __always_inline void read_bytes(struct scratch *s, const struct bind_layout *l, __u64 address,
				       __u64 length)
{
	__u64 n = length;

	s->bind.length = length;
	if (n > l->limit)
		n = l->limit;
	barrier_var(n);
	if (n > BIND_BYTES)
		n = BIND_BYTES;
	if (bpf_probe_read_user(s->bytes + sizeof(s->bind), n, (void *)address)) {
		s->bind.state = BIND_UNREADABLE;
		return;
	}
	s->bind.bytes = n;
}

/* An array that plpgsql keeps taken apart (utils/array.h), if it also has it in one piece. */
static __always_inline __u64 flat_array(const struct bind_layout *l, __u64 external)
{
	__u64 header = read_u64(external + 2);
	__u64 flat;

	if (!header || read_u32(header + l->array_magic) != l->array_magic_number)
		return 0;
	flat = read_u64(header + l->array_flat);
	return flat && (read_u32(flat) & 3) == 0 ? flat : 0;
}

static __always_inline void read_varlena(struct scratch *s, const struct bind_layout *l,
					 __u64 address)
{
	__u8 first = 0, tag = 0;
	__u32 header;

	if (bpf_probe_read_user(&first, 1, (void *)address)) {
		s->bind.state = BIND_UNREADABLE;
		return;
	}
	if (first == VARLENA_EXTERNAL) {
		bpf_probe_read_user(&tag, 1, (void *)(address + 1));
		if (tag != VARTAG_EXPANDED_RO && tag != VARTAG_EXPANDED_RW) {
			s->bind.state = BIND_EXTERNAL;
			/* varatt_external.va_rawsize, with the header of a value in one piece */
			if (tag == VARTAG_ONDISK)
				s->bind.length = read_u32(address + 2) - 4;
			return;
		}
		address = flat_array(l, address);
		if (!address) {
			s->bind.state = BIND_EXPANDED;
			return;
		}
		first = 0;
	}
	if (first & VARLENA_IS_SHORT) {
		read_bytes(s, l, address + 1, (first >> 1) - 1);
		return;
	}
	header = read_u32(address);
	if ((header & 3) == VARLENA_IS_COMPRESSED) {
		/* Packed as it is, with the word that says how: the reader unpacks it. */
		header >>= 2;
		if (header < 8 || header > MOST_BYTES) {
			s->bind.state = BIND_UNREADABLE;
			return;
		}
		read_bytes(s, l, address + 4, header - 4);
		if (s->bind.state == BIND_READ)
			s->bind.state = BIND_COMPRESSED;
		return;
	}
	header >>= 2;
	if (header < 4 || header > MOST_BYTES) {
		s->bind.state = BIND_UNREADABLE;
		return;
	}
	read_bytes(s, l, address + 4, header - 4);
}

static __always_inline void read_cstring(struct scratch *s, const struct bind_layout *l,
					 __u64 address)
{
	__u64 room = l->limit + 1;
	long n;

	barrier_var(room);
	if (room > BIND_BYTES)
		room = BIND_BYTES;
	n = bpf_probe_read_user_str(s->bytes + sizeof(s->bind), room, (void *)address);
	if (n <= 0) {
		s->bind.state = BIND_UNREADABLE;
		return;
	}
	s->bind.bytes = n - 1;
	/* Where it fills the room its end was not seen. */
	s->bind.length = n == room ? BIND_LENGTH_UNKNOWN : n - 1;
}

static __always_inline void read_datum(struct scratch *s, __u64 datum, __u32 length)
{
	__builtin_memcpy(s->bytes + sizeof(s->bind), &datum, sizeof(datum));
	s->bind.bytes = length <= 8 ? length : 8;
	s->bind.length = s->bind.bytes;
}

/* Sends one value; the header in the scratch is filled. A function of its own for the verifier: it
 * has to see it once and not for each place of a list. */
__noinline int put_bind(__u64 datum, __u32 type, __u32 position, __u32 how, __u32 binary)
{
	struct scratch *s = current_scratch();
	struct bind_layout *l = bind_layout_of(binary);
	__u32 length = how & BIND_LENGTH_MASK;
	__u64 n;

	if (!s || !l)
		return 0;
	s->bind.position = position;
	s->bind.type = type;
	s->bind.state = BIND_READ;
	s->bind.length = BIND_LENGTH_UNKNOWN;
	s->bind.bytes = 0;
	if (how & BIND_NULL) {
		s->bind.state = BIND_IS_NULL;
		s->bind.length = 0;
	} else if (how & BIND_NOT_HELD) {
		s->bind.state = BIND_FIELD;
	} else if (!(how & BIND_KNOWN)) {
		/* No small number and no sign: it may be an address, and of what else than a varlena. */
		if ((__s64)datum < (1ll << 32) || datum >> 47) {
			read_datum(s, datum, 8);
		} else {
			read_varlena(s, l, datum);
			if (s->bind.state == BIND_UNREADABLE) {
				s->bind.state = BIND_READ;
				read_datum(s, datum, 8);
			}
		}
		if (s->bind.state == BIND_READ)
			s->bind.state = BIND_GUESSED;
	} else if (how & BIND_BY_VALUE) {
		read_datum(s, datum, length);
	} else if (!datum) {
		s->bind.state = BIND_UNREADABLE;
	} else if (length == LENGTH_VARLENA) {
		read_varlena(s, l, datum);
	} else if (length == LENGTH_CSTRING) {
		read_cstring(s, l, datum);
	} else {
		read_bytes(s, l, datum, length);
	}
	n = s->bind.bytes;
	barrier_var(n);
	if (n > BIND_BYTES)
		n = BIND_BYTES;
	s->bind.h.length = sizeof(s->bind) + n;
	put(&s->h, sizeof(s->bind) + n);
	return 0;
}

static __always_inline __u32 known_type(__u32 type, __u32 binary)
{
	__u32 key = binary << 16 | type;
	__u32 *known = type >> 16 ? 0 : bpf_map_lookup_elem(&bind_types, &key);

	return known ? *known | BIND_KNOWN : 0;
}

/* One place of a list of parameters. Returns 0 when no more values are sent. A function of its own, so
 * that the verifier looks at it once and not once for each place. */
__noinline int put_place(__u64 list, __u32 i, __u32 binary)
{
	struct scratch *s = current_scratch();
	struct bind_layout *l = bind_layout_of(binary);
	__u32 type, how;
	__u8 null = 0;
	__u64 at;

	if (!l || !s || s->binds_sent >= MAX_BINDS)
		return 0;
	at = list + l->list_params + i * l->param_size;
	type = read_u32(at + l->param_type);
	if (!type) {
		s->binds_unsent++;
		return 1;
	}
	bpf_probe_read_user(&null, 1, (void *)(at + l->param_is_null));
	how = known_type(type, binary);
	if (null)
		how |= BIND_NULL;
	put_bind(read_u64(at), type, i + 1, how, binary);
	s->binds_sent++;
	return 1;
}

#define PLACES_AT_ONCE 32

/* Some places of a list; returns whether there may be more. The verifier looks at each turn of a loop: 32
 * here and 32 where this is called are less than 1,024. */
__noinline int put_some_places(__u64 list, __u32 from, __u32 count, __u32 binary)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < PLACES_AT_ONCE; i++)
		if (from + i >= count || !put_place(list, from + i, binary))
			return 0;
	return 1;
}

/* A list that holds its values; returns how many there are. A copy of plpgsql's has type 0 where the
 * statement uses none. The counts live in the scratch, where the verifier does not follow them. */
__noinline __u32 put_listed(__u64 list, __u32 binary)
{
	struct scratch *s = current_scratch();
	struct bind_layout *l = bind_layout_of(binary);
	__u32 count;

	if (!l || !s)
		return 0;
	count = read_u32(list + l->list_count);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < MAX_PLACES; i += PLACES_AT_ONCE)
		if (!put_some_places(list, i, count, binary))
			break;
	/* Where not all places were looked at, the rest counts if all so far did. */
	if (s->binds_sent + s->binds_unsent < count)
		return s->binds_unsent ? BIND_TOTAL_UNKNOWN : count;
	return s->binds_sent;
}

/* A field of a record variable, if the function has looked at it since the record changed. */
static __always_inline void put_field(const struct bind_layout *l, __u64 estate, __u64 datum,
				      __u32 position, __u32 binary)
{
	__u32 parent = read_u32(datum + l->recfield_record);
	__u32 attribute = read_u32(datum + l->recfield_attribute) - 1;
	__u32 type = read_u32(datum + l->recfield_type), how;
	__u64 record, header;
	__u8 null = 0;

	if (parent >= read_u32(estate + l->estate_datum_count))
		goto not_held;
	record = read_u64(read_u64(estate + l->estate_datums) + 8 * (__u64)parent);
	header = record ? read_u64(record + l->rec_header) : 0;
	if (!header || read_u32(header + l->record_magic) != l->record_magic_number)
		goto not_held;
	if (read_u64(header + l->record_tuple_id) != read_u64(datum + l->recfield_tuple_id))
		goto not_held;
	if (!(read_u32(header + l->record_flags) & l->record_values_valid) ||
	    attribute >= read_u32(header + l->record_fields))
		goto not_held;
	how = known_type(type, binary);
	bpf_probe_read_user(&null, 1,
			    (void *)(read_u64(header + l->record_nulls) + attribute));
	if (null)
		how |= BIND_NULL;
	put_bind(read_u64(read_u64(header + l->record_values) + 8 * (__u64)attribute), type,
		 position, how, binary);
	return;
not_held:
	put_bind(0, 0, position, BIND_NOT_HELD, binary);
}

/* One variable of a plpgsql function. Returns whether it is one. */
__noinline int put_variable(__u64 estate, __u32 number, __u32 binary)
{
	struct bind_layout *l = bind_layout_of(binary);
	__u64 datum, type;
	__u32 kind, how;
	__u8 flag = 0;

	if (!l || number >= read_u32(estate + l->estate_datum_count))
		return 0;
	datum = read_u64(read_u64(estate + l->estate_datums) + 8 * (__u64)number);
	if (!datum || read_u32(datum + l->datum_number) != number)
		return 0;
	kind = read_u32(datum + l->datum_kind);
	if (kind == l->kind_recfield) {
		put_field(l, estate, datum, number + 1, binary);
		return 1;
	}
	if ((kind != l->kind_var && kind != l->kind_promise) ||
	    (kind == l->kind_promise && read_u32(datum + l->var_promise))) {
		put_bind(0, 0, number + 1, BIND_NOT_HELD, binary);
		return 1;
	}
	type = read_u64(datum + l->var_type);
	how = BIND_KNOWN | (read_u32(type + l->type_length) & BIND_LENGTH_MASK);
	bpf_probe_read_user(&flag, 1, (void *)(type + l->type_by_value));
	if (flag)
		how |= BIND_BY_VALUE;
	flag = 0;
	bpf_probe_read_user(&flag, 1, (void *)(datum + l->var_is_null));
	if (flag)
		how |= BIND_NULL;
	put_bind(read_u64(datum + l->var_value), read_u32(type + l->type_oid), number + 1, how,
		 binary);
	return 1;
}

/* A variable, if it is a member of the set of those that are parameters. */
static __always_inline int put_member(__u64 set, __u64 estate, __u32 i, __u32 binary)
{
	struct scratch *s = current_scratch();
	struct bind_layout *l = bind_layout_of(binary);
	__u64 word;

	if (!l || !s)
		return 0;
	word = read_u64(set + l->set_words + i / SET_WORD_BITS * (SET_WORD_BITS / 8));
	if (word >> (i % SET_WORD_BITS) & 1) {
		if (s->binds_sent < MAX_BINDS && put_variable(estate, i, binary))
			s->binds_sent++;
		else
			s->binds_unsent++;
	}
	return 0;
}

/* Some variables, up to an end. */
__noinline int put_some_members(__u64 set, __u64 estate, __u32 from, __u32 end, __u32 binary)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < PLACES_AT_ONCE; i++) {
		if (from + i >= end)
			break;
		put_member(set, estate, from + i, binary);
	}
	return 0;
}

/* The variables that an expression of plpgsql uses, $n is variable n - 1; returns how many. */
__noinline __u32 put_variables(__u64 list, __u64 estate, __u32 binary)
{
	struct scratch *s = current_scratch();
	struct bind_layout *l = bind_layout_of(binary);
	__u64 set;
	__u32 words;

	if (!l || !s)
		return 0;
	set = read_u64(list + l->list_setup_argument);
	set = set ? read_u64(set + l->expr_params) : 0;
	words = set ? read_u32(set + l->set_count) : 0;
	if (!words || words > MAX_PLACES / SET_WORD_BITS)
		return BIND_TOTAL_UNKNOWN;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < MAX_PLACES; i += PLACES_AT_ONCE) {
		if (i >= words * SET_WORD_BITS)
			break;
		put_some_members(set, estate, i, words * SET_WORD_BITS, binary);
	}
	return s->binds_sent + s->binds_unsent;
}

/* All values of a list of parameters.
 * object: the query descriptor that has it, 0 for that of a CALL. */
__attribute__((noinline)) int put_list(__u64 list, __u64 object, __u64 now)
{
	struct backend *b = known_backend(bpf_get_current_task_btf());
	struct bind_layout *l;
	struct scratch *s;
	__u64 estate;
	__u32 total = BIND_TOTAL_UNKNOWN;

	if (!b || !list)
		return 0;
	s = &b->scratch;
	l = bind_layout_of(b->binary);
	if (!l)
		return 0;
	b->sequence++;
	fill_header(&s->h, b, EVENT_BINDS, 0, now, 0, 0);
	s->bind.object = object;
	s->bind.pad = 0;
	s->binds_sent = 0;
	s->binds_unsent = 0;
	if (!read_u64(list + l->list_fetch)) {
		total = put_listed(list, b->binary);
	} else {
		/* Only plpgsql's state points back at the list; others keep theirs to themselves. */
		estate = read_u64(list + l->list_fetch_argument);
		if (estate && read_u64(estate + l->estate_params) == list)
			total = put_variables(list, estate, b->binary);
	}
	s->h.flags |= FLAG_BINDS_LAST;
	s->h.length = sizeof(s->bind);
	s->bind.position = s->binds_sent;
	s->bind.type = total;
	s->bind.state = BIND_READ;
	s->bind.length = 0;
	s->bind.bytes = 0;
	put(&s->h, sizeof(s->bind));
	return 0;
}

/* All values of the query descriptor whose head was read, once: before its first run. */
__noinline int put_binds(__u64 query, __u64 now)
{
	struct backend *b = bpf_task_storage_get(&backends, bpf_get_current_task_btf(), 0, 0);
	struct binary_config *bin;
	struct bind_layout *l;
	__u64 list;
	__u8 executed = 0;

	if (!b)
		return 0;
	bin = binary_of(b);
	l = bind_layout_of(b->binary);
	if (!l || !bin || !bin->layout_known)
		return 0;
	list = b->head.whole ? b->head.params : read_u64(query + l->query_params);
	if (!params_agree(query, list, l))
		return 0;
	if (b->head.whole)
		executed = b->head.executed;
	else
		bpf_probe_read_user(&executed, 1, (void *)(query + l->query_executed));
	if (!executed && list)
		put_list(list, query, now);
	return 0;
}

#endif
