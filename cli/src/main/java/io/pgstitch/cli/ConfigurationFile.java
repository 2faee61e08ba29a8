package io.pgstitch.cli;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Properties;
import java.util.TreeSet;

/**
 * Reads a role's properties file. A key that nobody knows is an error: it would be a setting that
 * silently does nothing.
 */
final class ConfigurationFile {
  private final Collection<String> knownKeys;

  /**
   * @param knownKeys keys that may occur; one that ends in {@code *} stands for all that begin with
   *     what precedes it
   */
  ConfigurationFile(Collection<String> knownKeys) {
    this.knownKeys = new TreeSet<>(knownKeys);
  }

  /**
   * Reads and checks a file.
   *
   * @throws CommandFailure when it cannot be read or has an unknown key
   */
  Properties read(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw CommandFailure.usage(
          "cannot read the configuration " + file + ": " + e,
          "Give --config a properties file in UTF-8; ops/config/ has examples, docs/configuration.md lists the keys.");
    }
    for (String key : new TreeSet<>(properties.stringPropertyNames())) {
      if (!isKnown(key)) {
        throw CommandFailure.usage(
            "unknown key '" + key + "' in " + file,
            "Did you mean '"
                + NearestName.to(key, knownKeys)
                + "'? docs/configuration.md lists all keys.");
      }
    }
    return properties;
  }

  private boolean isKnown(String key) {
    return knownKeys.stream()
        .anyMatch(
            known ->
                known.endsWith("*")
                    ? key.startsWith(known.substring(0, known.length() - 1))
                    : key.equals(known));
  }
}
