package io.pgstitch.collector.postgres;

import java.util.List;
import java.util.Map;

/** Where the bind values of one major lie: binds.properties. Immutable. */
public final class BindLayout {
  /** Keys in the order of {@code struct bind_layout} of facts.h, after its first two words. */
  private static final List<String> WORDS =
      List.of(
          "query_desc.params",
          "query_desc.already_executed",
          "param_list.fetch",
          "param_list.fetch_argument",
          "param_list.setup_argument",
          "param_list.count",
          "param_list.params",
          "param.size",
          "param.is_null",
          "param.type",
          "bitmapset.count",
          "bitmapset.words",
          "plpgsql.estate.datum_count",
          "plpgsql.estate.datums",
          "plpgsql.estate.params",
          "plpgsql.expr.params",
          "plpgsql.datum.kind",
          "plpgsql.datum.number",
          "plpgsql.var.type",
          "plpgsql.var.value",
          "plpgsql.var.is_null",
          "plpgsql.var.promise",
          "plpgsql.type.oid",
          "plpgsql.type.length",
          "plpgsql.type.by_value",
          "plpgsql.recfield.record",
          "plpgsql.recfield.tuple_id",
          "plpgsql.recfield.attribute",
          "plpgsql.recfield.type",
          "plpgsql.rec.header",
          "expanded_record.magic",
          "expanded_record.flags",
          "expanded_record.tuple_id",
          "expanded_record.values",
          "expanded_record.nulls",
          "expanded_record.fields",
          "expanded_array.magic",
          "expanded_array.flat",
          "expanded_array.magic_number",
          "expanded_record.magic_number",
          "expanded_record.values_valid",
          "plpgsql.kind.var",
          "plpgsql.kind.recfield",
          "plpgsql.kind.promise");

  private final Map<String, Integer> values;

  private BindLayout(Map<String, Integer> values) {
    this.values = Map.copyOf(values);
  }

  /** The layout of a major that is supported. */
  public static BindLayout of(int major) {
    return of(major, FactSource.builtIn());
  }

  /** The same, from a source. */
  public static BindLayout of(int major, FactSource source) {
    Map<String, Integer> values = source.values(major, FactSource.BINDS);
    for (String key : WORDS) {
      if (!values.containsKey(key)) {
        throw new IllegalStateException(
            FactSource.BINDS + " of " + major + ": no " + key + "; generate the file again");
      }
    }
    return new BindLayout(values);
  }

  /**
   * What the kernel programs are told.
   *
   * @param limit bytes of a value that are read at most
   */
  public int[] words(int limit) {
    int[] words = new int[WORDS.size() + 2];
    words[0] = 1;
    words[1] = limit;
    for (int i = 0; i < WORDS.size(); i++) {
      words[i + 2] = values.get(WORDS.get(i));
    }
    return words;
  }

  /** What the kernel programs are told of a build whose structs are not known: nothing. */
  public static int[] noWords() {
    return new int[WORDS.size() + 2];
  }

  /** One value, by its key. */
  public int offset(String key) {
    return values.get(key);
  }

  /** Whether the largest interval means infinity; before it was introduced it is a number. */
  public boolean intervalHasInfinity() {
    return values.get("interval.has_infinity") != 0;
  }
}
