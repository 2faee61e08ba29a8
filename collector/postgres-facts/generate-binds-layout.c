// SPDX-License-Identifier: Apache-2.0
/*
 * Prints binds.properties for the PostgreSQL major whose server headers it is compiled with: where bind values lie.
 * Usage: see generate-binds.sh.
 */
#include "postgres.h"

#include <stddef.h>
#include <stdio.h>

#include "datatype/timestamp.h"
#include "executor/execdesc.h"
#include "nodes/bitmapset.h"
#include "nodes/params.h"
#include "plpgsql.h"
#include "utils/array.h"
#include "utils/expandeddatum.h"

/* The server's own printf family is not linked here. */
#undef printf

static void
value(const char *key, size_t value, const char *what, const char *header)
{
	printf("# %s, %s\n%s=%zu\n", what, header, key, value);
}

#define OFFSET(key, type, field, header) value(key, offsetof(type, field), #type "." #field, header)
#define ENUM(key, constant, header) value(key, constant, #constant, header)

int
main(void)
{
	printf("# Where the bind values of PostgreSQL %d lie, x86-64 Linux: byte offsets of struct fields and values of enums.\n",
		   PG_VERSION_NUM / 10000);
	printf("# How established: compiled against the server headers of %s (generate-binds-layout.c).\n", PG_VERSION);
	OFFSET("query_desc.params", QueryDesc, params, "executor/execdesc.h");
	OFFSET("query_desc.already_executed", QueryDesc, already_executed, "executor/execdesc.h");
	OFFSET("param_list.fetch", ParamListInfoData, paramFetch, "nodes/params.h");
	OFFSET("param_list.fetch_argument", ParamListInfoData, paramFetchArg, "nodes/params.h");
	OFFSET("param_list.setup_argument", ParamListInfoData, parserSetupArg, "nodes/params.h");
	OFFSET("param_list.count", ParamListInfoData, numParams, "nodes/params.h");
	OFFSET("param_list.params", ParamListInfoData, params, "nodes/params.h");
	printf("# {Datum value; bool isnull; uint16 pflags; Oid ptype} in all majors\n");
	value("param.size", sizeof(ParamExternData), "sizeof(ParamExternData)", "nodes/params.h");
	OFFSET("param.is_null", ParamExternData, isnull, "nodes/params.h");
	OFFSET("param.type", ParamExternData, ptype, "nodes/params.h");
	OFFSET("bitmapset.count", Bitmapset, nwords, "nodes/bitmapset.h");
	OFFSET("bitmapset.words", Bitmapset, words, "nodes/bitmapset.h");
	OFFSET("plpgsql.estate.datum_count", PLpgSQL_execstate, ndatums, "plpgsql.h");
	OFFSET("plpgsql.estate.datums", PLpgSQL_execstate, datums, "plpgsql.h");
	OFFSET("plpgsql.estate.params", PLpgSQL_execstate, paramLI, "plpgsql.h");
	OFFSET("plpgsql.expr.params", PLpgSQL_expr, paramnos, "plpgsql.h");
	OFFSET("plpgsql.datum.kind", PLpgSQL_datum, dtype, "plpgsql.h");
	OFFSET("plpgsql.datum.number", PLpgSQL_datum, dno, "plpgsql.h");
	OFFSET("plpgsql.var.type", PLpgSQL_var, datatype, "plpgsql.h");
	OFFSET("plpgsql.var.value", PLpgSQL_var, value, "plpgsql.h");
	OFFSET("plpgsql.var.is_null", PLpgSQL_var, isnull, "plpgsql.h");
	OFFSET("plpgsql.var.promise", PLpgSQL_var, promise, "plpgsql.h");
	OFFSET("plpgsql.type.oid", PLpgSQL_type, typoid, "plpgsql.h");
	OFFSET("plpgsql.type.length", PLpgSQL_type, typlen, "plpgsql.h");
	OFFSET("plpgsql.type.by_value", PLpgSQL_type, typbyval, "plpgsql.h");
	OFFSET("plpgsql.recfield.record", PLpgSQL_recfield, recparentno, "plpgsql.h");
	OFFSET("plpgsql.recfield.tuple_id", PLpgSQL_recfield, rectupledescid, "plpgsql.h");
	OFFSET("plpgsql.recfield.attribute", PLpgSQL_recfield, finfo.fnumber, "plpgsql.h");
	OFFSET("plpgsql.recfield.type", PLpgSQL_recfield, finfo.ftypeid, "plpgsql.h");
	OFFSET("plpgsql.rec.header", PLpgSQL_rec, erh, "plpgsql.h");
	OFFSET("expanded_record.magic", ExpandedRecordHeader, er_magic, "utils/expandedrecord.h");
	OFFSET("expanded_record.flags", ExpandedRecordHeader, flags, "utils/expandedrecord.h");
	OFFSET("expanded_record.tuple_id", ExpandedRecordHeader, er_tupdesc_id, "utils/expandedrecord.h");
	OFFSET("expanded_record.values", ExpandedRecordHeader, dvalues, "utils/expandedrecord.h");
	OFFSET("expanded_record.nulls", ExpandedRecordHeader, dnulls, "utils/expandedrecord.h");
	OFFSET("expanded_record.fields", ExpandedRecordHeader, nfields, "utils/expandedrecord.h");
	OFFSET("expanded_array.magic", ExpandedArrayHeader, ea_magic, "utils/array.h");
	OFFSET("expanded_array.flat", ExpandedArrayHeader, fvalue, "utils/array.h");
	value("expanded_array.magic_number", EA_MAGIC, "EA_MAGIC", "utils/array.h");
	value("expanded_record.magic_number", ER_MAGIC, "ER_MAGIC", "utils/expandedrecord.h");
	value("expanded_record.values_valid", ER_FLAG_DVALUES_VALID, "ER_FLAG_DVALUES_VALID", "utils/expandedrecord.h");
#ifdef INTERVAL_NOBEGIN
	value("interval.has_infinity", 1, "INTERVAL_NOBEGIN", "datatype/timestamp.h");
#else
	value("interval.has_infinity", 0, "no INTERVAL_NOBEGIN", "datatype/timestamp.h");
#endif
	ENUM("plpgsql.kind.var", PLPGSQL_DTYPE_VAR, "plpgsql.h");
	ENUM("plpgsql.kind.recfield", PLPGSQL_DTYPE_RECFIELD, "plpgsql.h");
	ENUM("plpgsql.kind.promise", PLPGSQL_DTYPE_PROMISE, "plpgsql.h");
	return 0;
}
