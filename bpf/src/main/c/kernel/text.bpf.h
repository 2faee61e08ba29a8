/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Texts of any length behind an event, in pieces. */
#ifndef PGSTITCH_TEXT_BPF_H
#define PGSTITCH_TEXT_BPF_H

#include "before_event.bpf.h"

/* Reads a piece of a text behind the head of the event in the scratch. One that is full goes ahead as
 * an EVENT_TEXT record. Returns what was read, as bpf_probe_read_user_str() does. Global, so that the
 * verifier looks at it once. */
__attribute__((noinline)) int put_piece(struct backend *b, __u64 address, __u32 head)
{
	struct event_header *t;
	struct scratch *s;
	long n;

	if (!b)
		return 0;
	s = &b->scratch;
	barrier_var(head);
	head &= TEXT_PIECE - 1;
	n = bpf_probe_read_user_str(s->bytes + head, TEXT_PIECE, (void *)address);
	if (n < TEXT_PIECE)
		return n;
	t = reserve(b, sizeof(*t) + TEXT_PIECE);
	if (!t) {
		count_loss(LOSS_RING_FULL);
		return n;
	}
	*t = s->h;
	t->kind = EVENT_TEXT;
	t->length = sizeof(*t) + TEXT_PIECE - 1;
	bpf_probe_read_kernel(t + 1, TEXT_PIECE, s->bytes + head);
	submit(t);
	return n;
}

/* All pieces of a text. Returns the length of the whole; the last piece's is in the scratch. */
__attribute__((noinline)) int put_pieces(struct backend *b, __u64 address, __u32 head)
{
	struct scratch *s;
	__u32 total = 0;
	int n = 0;

	if (!b)
		return 0;
#pragma clang loop unroll(disable)
	for (int piece = 0; piece < TEXT_PIECES; piece++) {
		n = put_piece(b, address + total, head);
		if (n < TEXT_PIECE)
			break;
		/* Full: its last byte is the terminator. */
		total += TEXT_PIECE - 1;
		n = 0;
	}
	s = &b->scratch;
	if (total >= TEXT_PIECES * (TEXT_PIECE - 1))
		s->h.flags |= FLAG_TEXT_CUT;
	if (n < 0)
		s->h.flags |= FLAG_TEXT_UNREADABLE;
	s->last_piece = n > 0 ? n - 1 : 0;
	return total + s->last_piece;
}

/* Sends the event in the scratch with the text at an address behind it. Returns through length_field
 * the length of the whole. */
static __always_inline void put_with_text(struct backend *b, __u64 address, __u32 head,
					  __u32 *length_field)
{
	struct scratch *s = &b->scratch;
	__u32 n = 0;

	if (address) {
		*length_field = put_pieces(b, address, head);
		n = s->last_piece & (TEXT_PIECE - 1);
	} else {
		*length_field = 0;
	}
	s->h.length = head + n;
	put(&s->h, head + n);
}

#endif
