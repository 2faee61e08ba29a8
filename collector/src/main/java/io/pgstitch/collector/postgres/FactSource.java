package io.pgstitch.collector.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where layouts of PostgreSQL majors come from: those that are built in, and values that replace
 * some of them, for a build whose structs are others. Immutable.
 */
public final class FactSource {
  static final String LAYOUT = "layout.properties";
  static final String PLANS = "plan-layout.properties";
  static final String BINDS = "binds.properties";
  static final String CHECKS = "checks.properties";
  static final String ASYNCHRONOUS_IO = "asynchronous-io.properties";
  static final String CUSTOM_WAITS = "custom-waits.properties";
  private static final List<String> FILES = List.of(LAYOUT, PLANS, BINDS, CHECKS);
  private static final FactSource BUILT_IN = new FactSource(Map.of());

  private final Map<String, Map<String, Integer>> replaced;

  private FactSource(Map<String, Map<String, Integer>> replaced) {
    this.replaced = Map.copyOf(replaced);
  }

  /** What is built in, of stock builds. */
  public static FactSource builtIn() {
    return BUILT_IN;
  }

  /**
   * What is built in, but for the keys that files of a directory have: {@code
   * DIRECTORY/MAJOR/layout.properties} and the like, as in collector/postgres-facts.
   *
   * @throws IllegalArgumentException naming what is wrong with the directory
   */
  public static FactSource replacedBy(Path directory) {
    Map<String, Map<String, Integer>> replaced = new TreeMap<>();
    for (int major : PostgresFacts.SUPPORTED_MAJORS) {
      for (String name : FILES) {
        Path file = directory.resolve(String.valueOf(major)).resolve(name);
        if (Files.exists(file)) {
          replaced.put(major + "/" + name, read(file, builtIn().values(major, name)));
        }
      }
    }
    if (replaced.isEmpty()) {
      throw new IllegalArgumentException(
          directory + " has no file MAJOR/NAME; the names are " + String.join(", ", FILES));
    }
    return new FactSource(replaced);
  }

  private static Map<String, Integer> read(Path file, Map<String, Integer> known) {
    Map<String, Integer> values = new HashMap<>();
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        String[] parts = line.split("=", 2);
        if (!known.containsKey(parts[0].trim())) {
          throw new IllegalArgumentException(file + ": there is no key '" + parts[0].trim() + "'");
        }
        values.put(parts[0].trim(), number(file, line, parts));
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot read " + file + ": " + e.getMessage(), e);
    }
    return Map.copyOf(values);
  }

  private static int number(Path file, String line, String[] parts) {
    try {
      int number = parts.length == 2 ? Integer.parseInt(parts[1].trim()) : -1;
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new IllegalArgumentException(file + ": '" + line + "' is not KEY=NUMBER");
  }

  /** All values of a file of properties. */
  Map<String, Integer> values(int major, String name) {
    Map<String, Integer> values = new HashMap<>();
    for (FactFile.Row row : FactFile.read(major, name, "=", 2).rows()) {
      if (values.put(row.text(0), row.number(1)) != null) {
        throw new IllegalStateException(
            row.place() + ": the key is there twice; generate the file again");
      }
    }
    values.putAll(replaced.getOrDefault(major + "/" + name, Map.of()));
    return Map.copyOf(values);
  }

  /**
   * What the layouts of a major are held against: node tags and byte offsets, by the keys of
   * checks.properties.
   */
  public Map<String, Integer> checks(int major) {
    return values(major, CHECKS);
  }
}
