package io.pgstitch.collector.postgres;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The built-in data types of one major: types.tsv. Immutable. */
public final class DataTypes {
  private final Map<Integer, DataType> byOid;

  private DataTypes(Map<Integer, DataType> byOid) {
    this.byOid = Map.copyOf(byOid);
  }

  /** The types of a major that is supported. */
  public static DataTypes of(int major) {
    Map<Integer, DataType> types = new HashMap<>();
    for (FactFile.Row row : FactFile.read(major, "types.tsv", "\t", 7).rows()) {
      DataType type =
          new DataType(
              row.number(0),
              row.text(1),
              row.number(2),
              row.number(3) != 0,
              align(row),
              row.number(6));
      types.put(type.oid(), type);
    }
    return new DataTypes(types);
  }

  private static int align(FactFile.Row row) {
    return switch (row.text(4)) {
      case "c" -> 1;
      case "s" -> 2;
      case "i" -> 4;
      case "d" -> 8;
      default ->
          throw new IllegalStateException(row.place() + ": no typalign; generate the file again");
    };
  }

  /** The type with this OID, null for one that is not built in. */
  public DataType type(int oid) {
    return byOid.get(oid);
  }

  /** All of them. */
  public Collection<DataType> all() {
    return byOid.values();
  }
}
