package io.pgstitch.collector.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class KafkaLinkTest {
  @Test
  void whatTheOrderOfEventsRestsOnCannotBeChanged() {
    Map<String, Object> config =
        KafkaLink.configuration(
            Map.of(
                "bootstrap.servers", "b:1",
                "acks", "0",
                "enable.idempotence", "false",
                "delivery.timeout.ms", "5000",
                "max.block.ms", "9000",
                "max.in.flight.requests.per.connection", "5",
                "transactional.id", "x",
                "linger.ms", "50"));
    assertThat(config)
        .containsEntry("bootstrap.servers", "b:1")
        .containsEntry("acks", "all")
        .containsEntry("enable.idempotence", "true")
        .containsEntry("delivery.timeout.ms", String.valueOf(Integer.MAX_VALUE))
        .containsEntry("max.block.ms", "1000")
        .containsEntry("max.in.flight.requests.per.connection", "1")
        .containsEntry("linger.ms", "50")
        .doesNotContainKey("transactional.id");
  }
}
