package io.pgstitch.schema;

import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;

/** Settings on which what we write rests: in order, without doubles, and on every replica. */
public final class ProducerGuarantees {
  private ProducerGuarantees() {}

  /**
   * Puts them over what the operator gave.
   *
   * <p>One request is in flight at a time. With several, a partition can be stuck for ever: when
   * the first batch that a producer sends to it fails, as it does while a new partition has no
   * leader, and one behind it arrives, the broker takes no number as the next (KAFKA-15591).
   */
  public static void putInto(Map<String, ? super String> config) {
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
  }
}
