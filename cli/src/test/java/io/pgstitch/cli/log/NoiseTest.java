package io.pgstitch.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.apache.kafka.common.errors.NotControllerException;
import org.junit.jupiter.api.Test;

/** What of Kafka's lines an operator sees. */
final class NoiseTest {
  private static final String NETWORK = "org.apache.kafka.clients.NetworkClient";
  private static final String SENDER = "org.apache.kafka.clients.producer.internals.Sender";

  private final AtomicLong nanos = new AtomicLong();
  private final Noise noise = new Noise(nanos::get);

  private boolean isWritten(String logger, Level level, String message) {
    LogRecord record = new LogRecord(level, message);
    record.setLoggerName(logger);
    return noise.isLoggable(record);
  }

  @Test
  void aBrokerThatIsAwayIsSaidOnceInTenSeconds() {
    assertThat(isWritten(NETWORK, Level.WARNING, "could not be established")).isTrue();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(9));
    assertThat(isWritten(NETWORK, Level.WARNING, "could not be established")).isFalse();
    assertThat(isWritten(NETWORK, Level.SEVERE, "failed authentication")).isTrue();
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(2));
    assertThat(isWritten(NETWORK, Level.WARNING, "could not be established")).isTrue();
  }

  @Test
  void whatMeansNothingIsLeftOut() {
    assertThat(isWritten(NETWORK, Level.WARNING, "it has already been closed.")).isFalse();
    assertThat(
            isWritten(SENDER, Level.WARNING, "retrying (3 left). Error: CONCURRENT_TRANSACTIONS"))
        .isFalse();
    assertThat(isWritten(SENDER, Level.WARNING, "retrying (3 left). Error: NOT_LEADER")).isTrue();
    assertThat(isWritten("io.pgstitch.A", Level.INFO, "it has already been closed.")).isTrue();
  }

  @Test
  void aControllerThatIsNotElectedYetIsNoError() {
    String message = "Unexpected error handling request RequestHeader(apiKey=";
    assertThat(isWritten(message + "CONTROLLER_REGISTRATION", new NotControllerException("none")))
        .isFalse();
    assertThat(isWritten(message + "CONTROLLER_REGISTRATION", new IllegalStateException("broken")))
        .isTrue();
    assertThat(isWritten(message + "CREATE_TOPICS", new NotControllerException("none"))).isTrue();
  }

  private boolean isWritten(String message, Throwable thrown) {
    LogRecord record = new LogRecord(Level.SEVERE, message);
    record.setLoggerName("kafka.server.ControllerApis");
    record.setThrown(new CompletionException(thrown));
    return noise.isLoggable(record);
  }
}
