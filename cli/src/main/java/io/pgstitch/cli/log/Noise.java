package io.pgstitch.cli.log;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Pattern;
import org.apache.kafka.common.errors.RetriableException;

/** Leaves lines of Kafka out that mean nothing, or that come too often. */
final class Noise implements Filter {
  private static final String NETWORK = "org.apache.kafka.clients.NetworkClient";
  private static final String SENDER = "org.apache.kafka.clients.producer.internals.Sender";
  private static final String STREAMS = "org.apache.kafka.streams.StreamsConfig";

  private static final String CONTROLLER = "kafka.server.ControllerApis";

  /** Those of which lines are left out, and which say more than their like. */
  static final List<String> LOGGERS = List.of(NETWORK, SENDER, STREAMS);

  private static final long REPEATED_EVERY = TimeUnit.SECONDS.toNanos(10);

  private final Burst network;

  /**
   * @param clock nanoseconds from any origin
   */
  Noise(LongSupplier clock) {
    network = new Burst(REPEATED_EVERY, clock);
  }

  @Override
  public boolean isLoggable(LogRecord record) {
    String message = String.valueOf(record.getMessage());
    return switch (String.valueOf(record.getLoggerName())) {
      // Closing an admin client closes this twice; that is all it means. It warns once a second
      // about a broker that is away; once in ten is enough.
      case NETWORK ->
          !message.contains("has already been closed")
              && (record.getLevel().intValue() >= Level.SEVERE.intValue() || network.passes());
      case SENDER -> !Refusals.OF_NEW_TRANSACTIONS.matcher(message).find();
      // Said of an intermediate configuration too, which the processor's own setting does not
      // reach.
      case STREAMS -> !message.contains("is not enabled for the GlobalThread");
      // A controller that starts registers with itself, again and again until it is elected.
      case CONTROLLER ->
          !(message.contains("apiKey=CONTROLLER_REGISTRATION") && isRepeated(record.getThrown()));
      default -> true;
    };
  }

  private static boolean isRepeated(Throwable refusal) {
    for (Throwable each = refusal; each != null; each = each.getCause()) {
      if (each instanceof RetriableException) {
        return true;
      }
    }
    return false;
  }

  /** Compiled when the first line asks for it. */
  private static final class Refusals {
    /** The first records of a new transaction may overtake its announcement; they are repeated. */
    static final Pattern OF_NEW_TRANSACTIONS =
        Pattern.compile("retrying .*(CONCURRENT_TRANSACTIONS|OUT_OF_ORDER_SEQUENCE_NUMBER)");

    private Refusals() {}
  }
}
