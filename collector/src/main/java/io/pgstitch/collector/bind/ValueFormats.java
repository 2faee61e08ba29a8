package io.pgstitch.collector.bind;

import io.pgstitch.collector.postgres.BindLayout;
import io.pgstitch.collector.postgres.DataType;
import io.pgstitch.collector.postgres.DataTypes;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.Map;

/** How the built-in types of one major are printed. Immutable. */
final class ValueFormats {
  private final DataTypes types;
  private final TextFormats texts;
  private final Map<String, ValueFormat> byName = new HashMap<>();

  private ValueFormats(DataTypes types, DateTimeFormats dateTime, TextFormats texts) {
    this.types = types;
    this.texts = texts;
    numbers();
    texts();
    binary();
    byName.put("date", DateTimeFormats::date);
    byName.put("time", DateTimeFormats::time);
    byName.put("timetz", DateTimeFormats::timetz);
    byName.put("timestamp", DateTimeFormats::timestamp);
    byName.put("timestamptz", DateTimeFormats::timestamptz);
    byName.put("interval", dateTime::interval);
    byName.put("jsonb", value -> JsonbFormat.print(value, texts));
  }

  /** Those of a major that is supported, for a database with an encoding. */
  static ValueFormats of(int major, Charset charset) {
    return new ValueFormats(
        DataTypes.of(major),
        new DateTimeFormats(BindLayout.of(major).intervalHasInfinity()),
        new TextFormats(charset));
  }

  /** Prints the beginning of a text. */
  ValueFormat prefix() {
    return texts::prefix;
  }

  private void numbers() {
    byName.put("bool", NumberFormats::bool);
    byName.put("int2", NumberFormats::int2);
    byName.put("int4", NumberFormats::int4);
    byName.put("int8", NumberFormats::int8);
    byName.put("float4", NumberFormats::float4);
    byName.put("float8", NumberFormats::float8);
    byName.put("numeric", NumericFormat::print);
    byName.put("oid", NumberFormats::unsigned4);
    byName.put("xid", NumberFormats::unsigned4);
    byName.put("cid", NumberFormats::unsigned4);
    byName.put("xid8", NumberFormats::unsigned8);
  }

  private void texts() {
    for (String name : new String[] {"text", "varchar", "bpchar", "json", "xml", "refcursor"}) {
      byName.put(name, texts::text);
    }
    byName.put("cstring", texts::text);
    byName.put("unknown", texts::text);
    byName.put("name", texts::name);
    byName.put("char", TextFormats::character);
  }

  private void binary() {
    byName.put("bytea", BinaryFormats::hex);
    byName.put("uuid", BinaryFormats::uuid);
    byName.put("inet", BinaryFormats::inet);
    byName.put("cidr", BinaryFormats::cidr);
    byName.put("macaddr", BinaryFormats::macaddr);
    byName.put("macaddr8", BinaryFormats::macaddr8);
    byName.put("bit", BinaryFormats::bits);
    byName.put("varbit", BinaryFormats::bits);
    byName.put("tid", BinaryFormats::tid);
    byName.put("pg_lsn", BinaryFormats::lsn);
  }

  /** The type, null for one that is not built in. */
  DataType type(int oid) {
    return types.type(oid);
  }

  /** Whether the bytes are characters, of which the beginning can be printed too. */
  static boolean isText(DataType type) {
    return switch (type.name()) {
      case "text", "varchar", "bpchar", "json", "xml", "refcursor", "cstring", "unknown" -> true;
      default -> false;
    };
  }

  /** What prints values of a type, null when nothing does. */
  ValueFormat format(DataType type) {
    ValueFormat own = byName.get(type.name());
    DataType element = own == null && type.name().startsWith("_") ? element(type) : null;
    ValueFormat ofElement = element == null ? null : byName.get(element.name());
    return ofElement == null ? own : new ArrayFormat(element, ofElement);
  }

  private DataType element(DataType array) {
    return types.type(array.element());
  }
}
