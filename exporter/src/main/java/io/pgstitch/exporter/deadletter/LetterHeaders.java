package io.pgstitch.exporter.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Headers of dead letters. The processor writes those of Kafka Streams, exporters those of Kafka
 * Connect; retries have headers of ours.
 */
final class LetterHeaders {
  /** How often a record was sent back to its topic; it keeps the header on its way. */
  static final String RETRY_COUNT = "pgstitch.retry.count";

  /** Which letter a record is that was sent back. */
  static final String RETRY_OF = "pgstitch.retry.of";

  /** In a record without key and value: the letter at this position was sent back. */
  static final String RETRIED = "pgstitch.retried";

  private static final String STREAMS = "__streams.errors.";
  private static final String CONNECT = "__connect.errors.";

  private LetterHeaders() {}

  /** Reads a letter; a foreign record in the topic is one that says little. */
  static Letter letter(ConsumerRecord<byte[], byte[]> record) {
    Headers headers = record.headers();
    Optional<String> sink = text(headers, CONNECT + "connector.name");
    String prefix = sink.isPresent() ? CONNECT : STREAMS;
    return new Letter(
        new Position(record.partition(), record.offset()),
        record.timestamp(),
        text(headers, prefix + "topic").orElse(""),
        (int) number(headers, prefix + "partition"),
        number(headers, prefix + "offset"),
        sink.orElse(text(headers, STREAMS + "topic").isPresent() ? "processor" : ""),
        text(headers, prefix + (sink.isPresent() ? "exception.message" : "message")).orElse(""),
        text(headers, prefix + (sink.isPresent() ? "exception.class.name" : "exception"))
            .orElse(""),
        Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()),
        (int) Math.max(0, number(headers, RETRY_COUNT)));
  }

  /** The letter that a record says was sent back; empty when it is a letter itself. */
  static Optional<Position> retried(ConsumerRecord<byte[], byte[]> record) {
    return record.value() == null
        ? text(record.headers(), RETRIED).flatMap(Position::of)
        : Optional.empty();
  }

  static Headers retriedMark(Position position) {
    RecordHeaders headers = new RecordHeaders();
    add(headers, RETRIED, position.toString());
    return headers;
  }

  /** Headers of a record that is sent back: its own, without why it failed, and what it is. */
  static Headers ofRetry(StoredLetter stored) {
    RecordHeaders headers = new RecordHeaders();
    for (Header header : stored.headers()) {
      String name = header.key();
      boolean ours = name.equals(RETRY_COUNT) || name.equals(RETRY_OF);
      if (!ours && !name.startsWith(STREAMS) && !name.startsWith(CONNECT)) {
        headers.add(header);
      }
    }
    add(headers, RETRY_COUNT, Integer.toString(stored.letter().retries() + 1));
    add(headers, RETRY_OF, stored.letter().position().toString());
    return headers;
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(UTF_8));
  }

  /** The last, as a record that failed twice may have both. */
  private static Optional<String> text(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null
        ? Optional.empty()
        : Optional.of(new String(header.value(), UTF_8));
  }

  private static long number(Headers headers, String name) {
    try {
      return text(headers, name).map(Long::parseLong).orElse(-1L);
    } catch (NumberFormatException notOurs) {
      return -1;
    }
  }
}
