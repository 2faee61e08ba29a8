package io.pgstitch.exporter.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** What the headers of a letter say, whoever wrote it. */
class LetterHeadersTest {
  private static ConsumerRecord<byte[], byte[]> record(byte[] value, Map<String, String> headers) {
    RecordHeaders all = new RecordHeaders();
    headers.forEach((name, text) -> all.add(name, text.getBytes(UTF_8)));
    return new ConsumerRecord<>(
        "letters",
        0,
        17,
        5_000,
        TimestampType.LOG_APPEND_TIME,
        3,
        value == null ? -1 : value.length,
        "key".getBytes(UTF_8),
        value,
        all,
        Optional.empty());
  }

  @Test
  void ofTheProcessor() {
    Letter letter =
        LetterHeaders.letter(
            record(
                new byte[10],
                Map.of(
                    "__streams.errors.topic", "raw",
                    "__streams.errors.partition", "2",
                    "__streams.errors.offset", "99",
                    "__streams.errors.exception", "a.b.C",
                    "__streams.errors.message", "damaged",
                    "pgstitch.retry.count", "1")));
    assertThat(letter)
        .isEqualTo(
            new Letter(
                new Position(0, 17), 5_000, "raw", 2, 99, "processor", "damaged", "a.b.C", 13, 1));
  }

  @Test
  void ofASinkAlsoWhenTheRecordWasTheProcessorsLetterBefore() {
    Letter letter =
        LetterHeaders.letter(
            record(
                new byte[10],
                Map.of(
                    "__streams.errors.topic", "raw",
                    "__connect.errors.topic", "traces",
                    "__connect.errors.partition", "1",
                    "__connect.errors.offset", "5",
                    "__connect.errors.connector.name", "otlp",
                    "__connect.errors.exception.class.name", "rejected",
                    "__connect.errors.exception.message", "too large")));
    assertThat(letter.by()).isEqualTo("otlp");
    assertThat(letter.topic()).isEqualTo("traces");
    assertThat(letter.reason()).isEqualTo("too large");
    assertThat(letter.retries()).isZero();
  }

  @Test
  void ofAStranger() {
    Letter letter =
        LetterHeaders.letter(
            record(null, Map.of("__streams.errors.offset", "many", "pgstitch.retry.count", "-3")));
    assertThat(letter.hasOrigin()).isFalse();
    assertThat(letter.offset()).isEqualTo(-1);
    assertThat(letter.by()).isEmpty();
    assertThat(letter.bytes()).isEqualTo(3);
    assertThat(letter.retries()).isZero();
  }

  @Test
  void aRetryHasTheRecordsOwnHeadersAndSaysWhatItIs() {
    ConsumerRecord<byte[], byte[]> record =
        record(
            new byte[1],
            Map.of(
                "__streams.errors.topic", "raw",
                "theirs", "kept",
                "pgstitch.retry.count", "1",
                "pgstitch.retry.of", "0:3"));
    StoredLetter stored =
        new StoredLetter(
            LetterHeaders.letter(record),
            record.key(),
            record.value(),
            List.of(record.headers().toArray()));
    Headers headers = LetterHeaders.ofRetry(stored);
    assertThat(headers.toArray())
        .extracting(Header::key)
        .containsExactly("theirs", "pgstitch.retry.count", "pgstitch.retry.of");
    assertThat(headers.lastHeader("pgstitch.retry.count").value()).isEqualTo("2".getBytes(UTF_8));
    assertThat(headers.lastHeader("pgstitch.retry.of").value()).isEqualTo("0:17".getBytes(UTF_8));
  }

  @Test
  void aMarkIsNoLetterAndALetterNoMark() {
    ConsumerRecord<byte[], byte[]> mark = record(null, Map.of("pgstitch.retried", "0:3"));
    assertThat(LetterHeaders.retried(mark)).contains(new Position(0, 3));
    assertThat(LetterHeaders.retried(record(new byte[1], Map.of("pgstitch.retried", "0:3"))))
        .isEmpty();
    assertThat(LetterHeaders.retried(record(null, Map.of()))).isEmpty();
  }

  @Test
  void positionsAreReadAsTheyAreWritten() {
    assertThat(Position.of("2:17")).contains(new Position(2, 17));
    assertThat(Position.of("17")).contains(new Position(0, 17));
    assertThat(Position.of(new Position(1, 5).toString())).contains(new Position(1, 5));
    for (String wrong : List.of("", ":", "a", "1:", "-1:2", "1:-2", "1:2:3")) {
      assertThat(Position.of(wrong)).as(wrong).isEmpty();
    }
  }

  @Test
  void hexShowsOffsetsBytesAndText() {
    byte[] value = "not ours\u0000 and more of it".getBytes(UTF_8);
    assertThat(LetterValue.hex(value, 20))
        .isEqualTo(
            "00000000  6e 6f 74 20 6f 75 72 73 00 20 61 6e 64 20 6d 6f  not ours. and mo\n"
                + "00000010  72 65 20 6f                                      re o\n"
                + "... and 4 more bytes\n");
    assertThat(LetterValue.hex(new byte[0], 20)).isEmpty();
  }

  @Test
  void aValueThatIsNotOursIsNotDecoded() {
    assertThat(LetterValue.decoded("raw", "not ours".getBytes(UTF_8), Map.of())).isEmpty();
    assertThat(LetterValue.decoded("raw", new byte[0], Map.of())).isEmpty();
    assertThat(LetterValue.decoded("raw", null, Map.of())).isEmpty();
  }
}
