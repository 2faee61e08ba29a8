package io.pgstitch.schema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.avro.Schema;

/**
 * Brings {@code schema-history} up to date with {@code src/main/avro}: a changed schema becomes a
 * new version; where only docs changed, the newest version gets the new docs.
 *
 * <pre>mvn -q -pl schemas -am -Padd-schema-version process-test-classes</pre>
 */
public final class AddSchemaVersion {
  private AddSchemaVersion() {}

  /**
   * Writes what is missing.
   *
   * @param args directory {@code schema-history} in the sources
   */
  public static void main(String[] args) throws IOException {
    Path history = Path.of(args[0]);
    for (String topic : Topics.withSchema()) {
      Path subject = Files.createDirectories(history.resolve(Topics.subjectOf(topic)));
      Path file = fileFor(subject, Topics.schemaOf(topic));
      Files.writeString(file, SchemaText.pretty(Topics.schemaOf(topic)));
      System.out.println("wrote " + file);
    }
  }

  private static Path fileFor(Path subject, Schema current) throws IOException {
    int newest = 0;
    while (Files.exists(version(subject, newest + 1))) {
      newest++;
    }
    boolean same =
        newest > 0 && published(parse(version(subject, newest))).equals(published(current));
    return version(subject, same ? newest : newest + 1);
  }

  private static Path version(Path subject, int version) {
    return subject.resolve("v" + version + ".avsc");
  }

  private static Schema parse(Path file) throws IOException {
    return new Schema.Parser().parse(Files.readString(file));
  }

  /** Schema.equals ignores docs, but not the property that generated Java classes have. */
  private static Schema published(Schema schema) {
    return new Schema.Parser().parse(SchemaText.of(schema));
  }
}
