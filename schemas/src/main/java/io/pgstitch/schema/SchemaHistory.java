package io.pgstitch.schema;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * Every version that the schema of a topic ever had, as committed under {@code schema-history} and
 * carried in the jar: {@code schema-history/SUBJECT/v1.avsc}, {@code v2.avsc} and so on.
 */
public final class SchemaHistory {
  private SchemaHistory() {}

  /** All versions of a subject, oldest first; empty when the subject is not one of ours. */
  public static List<Schema> versionsOf(String subject) {
    return texts(subject).stream().map(SchemaHistory::parsed).toList();
  }

  /** The newest version of a subject, without reading the others. */
  static Optional<Schema> newestOf(String subject) {
    List<String> texts = texts(subject);
    return texts.isEmpty() ? Optional.empty() : Optional.of(parsed(texts.get(texts.size() - 1)));
  }

  private static Schema parsed(String text) {
    return new Schema.Parser().parse(text);
  }

  private static List<String> texts(String subject) {
    List<String> texts = new ArrayList<>();
    String text = text(subject, 1);
    while (text != null) {
      texts.add(text);
      text = text(subject, texts.size() + 1);
    }
    return texts;
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
