package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class OpenTransactionReportTest {
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
  private static final Instant LAST = NOW.minusSeconds(600);
  private static final TopicPartition PLACE = new TopicPartition("pgstitch.query-traces", 3);
  private static final OpenTransaction OPEN =
      open(17, Optional.of(new OpenTransaction.Writer(4711, 2, LAST)));

  private final OpenTransactionReport report =
      new OpenTransactionReport("kafka:9092", Duration.ofMinutes(10));

  @Test
  void theLineNamesPlaceCauseAndRemedy() {
    assertThat(report.warnings(List.of(OPEN), NOW))
        .singleElement()
        .asString()
        .startsWith(
            "pgstitch.query-traces-3 is held up: the transaction at offset 17 was open at 2026-03-04T05:05:27Z and still is. It is of producer 4711 epoch 2, whose last record there has the time 2026-03-04T04:56:07Z. 99 records")
        .contains("KAFKA-20734")
        .contains(
            "'kafka-transactions.sh --bootstrap-server kafka:9092 find-hanging --max-transaction-timeout 5 --topic pgstitch.query-traces --partition 3'")
        .contains(
            "'kafka-transactions.sh --bootstrap-server kafka:9092 abort --topic pgstitch.query-traces --partition 3 --start-offset 17'")
        .contains("loses that transaction's records")
        .contains("'pgstitch replay'");
  }

  @Test
  void itIsSaidAgainWhenItLastsAndWhenThereIsAnother() {
    assertThat(report.warnings(List.of(OPEN), NOW)).hasSize(1);
    assertThat(report.warnings(List.of(OPEN), NOW.plusSeconds(599))).isEmpty();
    assertThat(report.warnings(List.of(OPEN), NOW.plusSeconds(600))).hasSize(1);
    assertThat(report.warnings(List.of(open(18, Optional.empty())), NOW.plusSeconds(601)))
        .singleElement()
        .asString()
        .contains("offset 18")
        .contains("may not READ the topic");
  }

  @Test
  void thatItIsOverIsSaidOnce() {
    assertThat(report.freed(List.of())).isEmpty();
    assertThat(report.warnings(List.of(OPEN), NOW)).hasSize(1);
    assertThat(report.freed(List.of(OPEN))).isEmpty();
    assertThat(report.freed(List.of())).containsExactly(PLACE);
    assertThat(report.freed(List.of())).isEmpty();
    assertThat(report.warnings(List.of(OPEN), NOW)).hasSize(1);
  }

  private static OpenTransaction open(long offset, Optional<OpenTransaction.Writer> writer) {
    return new OpenTransaction(PLACE, offset, 99, NOW.minusSeconds(40), writer);
  }
}
