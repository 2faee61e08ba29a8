/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel programs are told of a server binary. io.pgstitch.bpf.BinaryConfig and its neighbours are the same
 * layouts seen from Java: change them together. All integers are little-endian and naturally aligned. */
#ifndef PGSTITCH_FACTS_H
#define PGSTITCH_FACTS_H

/* Facts about one server binary. Addresses are virtual addresses in the file (add the load bias);
 * 0 means that the binary has no such symbol. Offsets come from collector/postgres-facts. */
struct binary_config {
	__u64 my_wait_event_info;
	__u64 my_proc;
	__u64 my_proc_port;
	__u64 my_bgworker_entry;
	__u64 buffer_usage;
	__u64 application_name;
	__u64 my_proc_pid;
	__u64 my_start_timestamp;
	__u64 attached_ns; /* CLOCK_MONOTONIC when its probes were planted */
	__u32 proc_wait_event_info;
	__u32 port_remote_host;
	__u32 port_database_name;
	__u32 port_user_name;
	__u32 worker_function_name;
	__u32 worker_notify_pid;
	__u32 query_planned_statement;
	__u32 query_source_text;
	__u32 query_estate;
	__u32 estate_processed;
	__u32 planned_command;
	__u32 planned_query_id;
	__u32 planned_location;
	__u32 planned_length;
	__u32 list_elements;
	__u32 portal_name;
	__u32 state_running;
	__u32 state_fastpath;
	__u32 layout_known; /* 0: no struct is followed, statement tier only */
	__u32 pad;
};

/* Facts about one server binary for the targets of waits, as struct binary_config has them. */
struct target_config {
	__u64 my_database_id;
	__u64 my_database_table_space;
	__u32 locallock_lock;
	__u32 lock_proc_locks;
	__u32 proclock_my_lock;
	__u32 proclock_group_leader;
	__u32 proclock_hold_mask;
	__u32 proclock_lock_link;
	__u32 proc_pid;
	__u32 proc_lock_group_leader;
	__u32 estate_relations;
	__u32 estate_range_table_size;
	__u32 relation_id;
	__u32 relation_row;
	__u32 relation_locator;
	__u32 relation_backend;
	__u32 row_name;
	__u32 row_file;
	__u32 row_tablespace;
	__u32 row_shared;
	__u32 string_data;
	__u32 string_length;
	__u32 string_cursor;
	__u32 error_sqlstate;
	__u32 known; /* 0: nothing here may be used */
	__u32 aio_handle_size; /* 0: the server has no asynchronous IO */
	__u64 aio_control; /* the variable that points to the handles */
	__u32 aio_handle_count;
	__u32 aio_handles;
	__u32 aio_target;
	__u32 aio_target_data;
	__u32 aio_generation;
	__u32 aio_smgr; /* the target that is blocks of a relation */
	__u32 lock_conflicts[16]; /* by mode: bits 1 << mode of the modes that it conflicts with */
};

/* Facts about one server binary for workers.bpf.h, as struct binary_config has them. */
struct worker_config {
	__u64 my_backend_type;
	__u32 autovacuum_worker; /* BackendType */
	__u32 type;		 /* bgw_type of BackgroundWorker */
	__u32 main_argument;
	__u32 extra;
	__u32 background; /* bits 1 << enum backend_kind: processes without a client that are traced */
	__u32 known;	  /* 0: nothing here may be used */
};

/* What the function is given that makes settings. */
enum setting_arguments {
	SETTING_PLAIN = 0,	 /* set_config_option */
	SETTING_WITH_ROLE = 1,	 /* set_config_option_ext */
	SETTING_WITH_HANDLE = 2, /* set_config_with_handle */
};

/* Where settings and transactions are found in one server binary, besides binary_config. */
struct control_layout {
	__u64 my_pgxact;	 /* 13; 0: the transaction id stands in PGPROC */
	__u64 post_port_number;
	__u64 transaction_state; /* pointer to the running subtransaction's; 0: not known */
	__u32 proc_lxid;
	__u32 transaction_xid;	 /* offset in PGPROC or PGXACT */
	__u32 port_application_name;
	__u32 tag_rollback;	 /* CommandTag */
	__u32 state_idle;
	__u32 subtransaction_id; /* offset in that */
	__u32 setting_arguments; /* enum setting_arguments */
	__u32 pad;
};

/* What the code of one server binary itself says, whatever its structs look like otherwise; it saves traps. */
struct code_layout {
	__u64 top_transaction_id; /* address of the running transaction's id, 0 not known */
	__u32 portal_known; /* 1: PortalDefineQuery has no probe, what it was given is read when the portal starts */
	__u32 portal_statement_name;
	__u32 portal_source_text;
	__u32 portal_command_tag;
	__u32 portal_statements;
	__u32 pad;
};

/* Where values lie, for each binary: all uint32, filled by io.pgstitch.collector.postgres.BindLayout in this
 * order. Offsets come from collector/postgres-facts/N/binds.properties. */
struct bind_layout {
	__u32 known; /* 0: no values are read */
	__u32 limit; /* bytes of a value */
	__u32 query_params;
	__u32 query_executed;
	__u32 list_fetch;
	__u32 list_fetch_argument;
	__u32 list_setup_argument;
	__u32 list_count;
	__u32 list_params;
	__u32 param_size;
	__u32 param_is_null;
	__u32 param_type;
	__u32 set_count;
	__u32 set_words;
	__u32 estate_datum_count;
	__u32 estate_datums;
	__u32 estate_params;
	__u32 expr_params;
	__u32 datum_kind;
	__u32 datum_number;
	__u32 var_type;
	__u32 var_value;
	__u32 var_is_null;
	__u32 var_promise;
	__u32 type_oid;
	__u32 type_length;
	__u32 type_by_value;
	__u32 recfield_record;
	__u32 recfield_tuple_id;
	__u32 recfield_attribute;
	__u32 recfield_type;
	__u32 rec_header;
	__u32 record_magic;
	__u32 record_flags;
	__u32 record_tuple_id;
	__u32 record_values;
	__u32 record_nulls;
	__u32 record_fields;
	__u32 array_magic;
	__u32 array_flat;
	__u32 array_magic_number;
	__u32 record_magic_number;
	__u32 record_values_valid;
	__u32 kind_var;
	__u32 kind_recfield;
	__u32 kind_promise;
};

#endif
