package io.pgstitch.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

/** What of the log an operator sees. */
final class LogRulesTest {
  private static final String NETWORK = "org.apache.kafka.clients.NetworkClient";

  private final AtomicLong nanos = new AtomicLong();
  private final LogRules rules = new LogRules(nanos::get);

  @Test
  void theLongestBeginningOfANameSaysTheLevel() {
    assertThat(rules.levelOf("io.pgstitch.collector.Collector")).isEqualTo(LogLevel.INFO);
    assertThat(rules.levelOf("io.pgstitching")).isEqualTo(LogLevel.WARN);
    assertThat(rules.levelOf("kafka.server.KafkaRaftServer")).isEqualTo(LogLevel.ERROR);
    assertThat(rules.levelOf("kafka.server.ReplicaManager")).isEqualTo(LogLevel.OFF);
    assertThat(rules.levelOf("org.apache.kafka.clients.Metadata")).isEqualTo(LogLevel.WARN);
  }

  @Test
  void whatIsSetHoldsForAllThatNothingMoreSpecialIsSaidOf() {
    rules.set(LogRules.ROOT, LogLevel.INFO);
    rules.set("io.pgstitch", LogLevel.DEBUG);

    assertThat(rules.levelOf("io.pgstitch.cli.Main")).isEqualTo(LogLevel.DEBUG);
    assertThat(rules.levelOf("org.apache.kafka.clients.Metadata")).isEqualTo(LogLevel.INFO);
    assertThat(rules.levelOf(NETWORK)).isEqualTo(LogLevel.WARN);
  }

  @Test
  void aBrokerThatIsAwayIsSaidOnceInTenSeconds() {
    assertThat(rules.isNoise(NETWORK, Level.WARN, "could not be established")).isFalse();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(9));
    assertThat(rules.isNoise(NETWORK, Level.WARN, "could not be established")).isTrue();
    assertThat(rules.isNoise(NETWORK, Level.ERROR, "failed authentication")).isFalse();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
    assertThat(rules.isNoise(NETWORK, Level.WARN, "could not be established")).isFalse();
  }

  @Test
  void whatMeansNothingIsLeftOut() {
    String sender = "org.apache.kafka.clients.producer.internals.Sender";

    assertThat(rules.isNoise(NETWORK, Level.WARN, "it has already been closed.")).isTrue();
    assertThat(
            rules.isNoise(sender, Level.WARN, "retrying (3 left). Error: CONCURRENT_TRANSACTIONS"))
        .isTrue();
    assertThat(rules.isNoise(sender, Level.WARN, "retrying (3 left). Error: NOT_LEADER")).isFalse();
  }
}
