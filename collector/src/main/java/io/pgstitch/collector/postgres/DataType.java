package io.pgstitch.collector.postgres;

/**
 * A built-in data type as pg_type has it.
 *
 * @param oid names it
 * @param name e.g. {@code int4}; that of an array type begins with {@code _}
 * @param length bytes of a value; -1 varlena, -2 C string
 * @param byValue whether a Datum holds the value itself
 * @param align bytes to whose multiple a value is placed inside an array
 * @param element type of an array's elements, 0 for none
 */
public record DataType(int oid, String name, int length, boolean byValue, int align, int element) {}
