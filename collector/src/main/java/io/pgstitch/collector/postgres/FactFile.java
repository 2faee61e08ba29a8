package io.pgstitch.collector.postgres;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One file of a major's folder of facts on the class path, split into fields; a bad line names its
 * file and number.
 */
final class FactFile {
  private final String path;
  private final List<Row> rows;

  private FactFile(String path, List<Row> rows) {
    this.path = path;
    this.rows = rows;
  }

  /** The fields of one line and where it is. */
  record Row(String place, List<String> fields) {
    /** A number, decimal or with the prefix 0x; ids above 0x7FFFFFFF come out negative. */
    int number(int field) {
      try {
        return Math.toIntExact(Long.decode(fields.get(field)));
      } catch (NumberFormatException | ArithmeticException e) {
        throw new IllegalStateException(
            place + ": '" + fields.get(field) + "' is not a number; generate the file again", e);
      }
    }

    String text(int field) {
      return fields.get(field);
    }
  }

  /**
   * Reads a file whose lines have exactly {@code columns} fields; lines that begin with '#' are
   * comments. Every major has every file: to find that there is none, every jar would be searched.
   */
  static FactFile read(int major, String name, String separator, int columns) {
    String path = "/postgres-facts/" + major + "/" + name;
    try (InputStream in = FactFile.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(
            path + " is missing from the class path: the collector's jar is incomplete");
      }
      return new FactFile(path, rows(path, in, separator, columns));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }

  private static List<Row> rows(String path, InputStream in, String separator, int columns)
      throws IOException {
    BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    List<Row> rows = new ArrayList<>();
    int number = 0;
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      number++;
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String place = path + ":" + number;
      List<String> fields = List.of(line.split(separator, -1));
      if (fields.size() != columns) {
        throw new IllegalStateException(
            place
                + ": "
                + fields.size()
                + " fields instead of "
                + columns
                + "; generate the file again");
      }
      rows.add(new Row(place, fields));
    }
    return List.copyOf(rows);
  }

  List<Row> rows() {
    return rows;
  }

  @Override
  public String toString() {
    return path;
  }
}
