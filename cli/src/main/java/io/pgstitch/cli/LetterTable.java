package io.pgstitch.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.collector.control.Printable;
import io.pgstitch.exporter.deadletter.Letter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Dead letters as a table and as JSON. */
final class LetterTable {
  private static final int LONGEST_REASON = 160;

  private final List<Letter> letters;

  LetterTable(List<Letter> letters) {
    this.letters = List.copyOf(letters);
  }

  /** A heading, and a line for each letter; or that there is none. */
  List<String> lines() {
    if (letters.isEmpty()) {
      return List.of("no dead letters");
    }
    int width = "FROM".length();
    int by = "BY".length();
    for (Letter letter : letters) {
      width = Math.max(width, origin(letter).length());
      by = Math.max(by, by(letter).length());
    }
    String form = "%-10s  %-20s  %-" + width + "s  %-" + by + "s  %9s  %7s  %s";
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT, form, "POSITION", "TIME", "FROM", "BY", "BYTES", "RETRIES", "REASON"));
    for (Letter letter : letters) {
      lines.add(
          String.format(
              Locale.ROOT,
              form,
              letter.position(),
              time(letter).truncatedTo(ChronoUnit.SECONDS),
              origin(letter),
              by(letter),
              letter.bytes(),
              letter.retries(),
              reason(letter)));
    }
    return lines;
  }

  private static String origin(Letter letter) {
    return letter.hasOrigin()
        ? Printable.of(letter.topic()) + " " + letter.partition() + ":" + letter.offset()
        : "-";
  }

  private static String by(Letter letter) {
    return letter.by().isEmpty() ? "-" : Printable.of(letter.by());
  }

  private static String reason(Letter letter) {
    String text = letter.reason().isEmpty() ? letter.exception() : letter.reason();
    String printable = Printable.of(text);
    return printable.length() <= LONGEST_REASON
        ? printable
        : printable.substring(0, LONGEST_REASON) + "...";
  }

  private static Instant time(Letter letter) {
    return Instant.ofEpochMilli(letter.timestampMs());
  }

  String json() throws JsonProcessingException {
    return new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .with(JsonGenerator.Feature.ESCAPE_NON_ASCII)
        .writeValueAsString(letters.stream().map(LetterTable::object).toList());
  }

  static Map<String, Object> object(Letter letter) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("position", letter.position().toString());
    object.put("time", time(letter).toString());
    object.put("topic", letter.topic());
    object.put("partition", letter.partition());
    object.put("offset", letter.offset());
    object.put("by", letter.by());
    object.put("reason", letter.reason());
    object.put("exception", letter.exception());
    object.put("bytes", letter.bytes());
    object.put("retries", letter.retries());
    return object;
  }
}
