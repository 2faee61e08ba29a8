package io.pgstitch.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * Every version that the schema of a topic ever had, as committed under {@code schema-history} and
 * carried in the jar: {@code schema-history/SUBJECT/v1.avsc}, {@code v2.avsc} and so on.
 */
public final class SchemaHistory {
  private SchemaHistory() {}

  /** All versions of a subject, oldest first; empty when the subject is not one of ours. */
  public static List<Schema> versionsOf(String subject) {
    List<Schema> versions = new ArrayList<>();
    String text = text(subject, 1);
    while (text != null) {
      versions.add(new Schema.Parser().parse(text));
      text = text(subject, versions.size() + 1);
    }
    return List.copyOf(versions);
  }

  private static String text(String subject, int version) {
    String path = "/schema-history/" + subject + "/v" + version + ".avsc";
    try (InputStream in = SchemaHistory.class.getResourceAsStream(path)) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read " + path + " from the schemas jar; is the jar damaged?", e);
    }
  }
}
