package io.pgstitch.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Activity;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.StatementEntry;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts arrive as the client wrote them, whatever the database's encoding is. */
class EncodingsIT {
  /** Names that the server knows, with characters that only some of them have. */
  private static final Map<String, String> CHARACTERS =
      new LinkedHashMap<>(
          Map.of(
              "UTF8", "añ日😀",
              "LATIN1", "äñÿ",
              "LATIN2", "łŐž",
              "LATIN5", "ğış",
              "LATIN9", "€œ",
              "WIN1251", "Жы",
              "KOI8R", "Жы",
              "EUC_JP", "日本",
              "EUC_KR", "한국",
              "WIN874", "กข"));

  @TempDir private Path dir;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void textsAndPlacesOfStatementsAreRight(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      CHARACTERS.forEach(
          (encoding, characters) ->
              traced
                  .server()
                  .client()
                  .sql(
                      "create database in_"
                          + encoding
                          + " template template0 locale 'C' encoding '"
                          + encoding
                          + "'"));
      // A new database's row is in the catalog's files after the next checkpoint.
      traced.server().client().sql("checkpoint");
      traced.collect();
      CHARACTERS.forEach(
          (encoding, characters) ->
              traced
                  .server()
                  .client()
                  .psql(
                      "-d",
                      "in_" + encoding.toLowerCase(Locale.ROOT),
                      "-c",
                      "set client_encoding = 'UTF8'",
                      "-c",
                      message(characters)));

      List<RawEventBatch> batches = traced.batches();
      CHARACTERS.forEach(
          (encoding, characters) -> {
            String database = "in_" + encoding.toLowerCase(Locale.ROOT);
            List<RawEventBatch> own =
                batches.stream()
                    .filter(b -> b.getBackend().getDatabase().equals(database))
                    .toList();
            assertThat(messages(own)).as(encoding).contains(message(characters));
            assertThat(statements(own, message(characters)))
                .as(encoding)
                .containsSubsequence(
                    "select '" + characters + "' as a", "select '" + characters + "' as b");
          });
    }
  }

  private static String message(String characters) {
    return "select '" + characters + "' as a; select '" + characters + "' as b";
  }

  private static List<String> messages(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Activity.class::isInstance)
                    .map(e -> b.getStrings().get(((Activity) e).getText())))
        .toList();
  }

  /** The parts of a message that executors of it were started for. */
  private static List<String> statements(List<RawEventBatch> batches, String message) {
    byte[] bytes = message.getBytes(UTF_8);
    return batches.stream()
        .flatMap(b -> b.getEvents().stream())
        .filter(StatementEntry.class::isInstance)
        .map(StatementEntry.class::cast)
        .filter(e -> e.getText() == 0 && e.getLocation() >= 0)
        .map(
            e -> {
              int from = Math.min(e.getLocation(), bytes.length);
              int to = e.getLength() > 0 ? from + e.getLength() : bytes.length;
              return new String(Arrays.copyOfRange(bytes, from, Math.min(to, bytes.length)), UTF_8)
                  .strip();
            })
        .toList();
  }
}
