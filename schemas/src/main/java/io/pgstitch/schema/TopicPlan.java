package io.pgstitch.schema;

import java.time.Duration;

/**
 * How our topics are made when they are missing.
 *
 * @param partitions of the topics that carry events and traces; the number of stream tasks that can
 *     work at the same time
 * @param replication copies of each partition, at most the number of brokers
 * @param rawRetention how long raw events are kept, which is how far back they can be replayed
 */
public record TopicPlan(int partitions, short replication, Duration rawRetention) {
  public TopicPlan {
    if (partitions < 1) {
      throw new IllegalArgumentException("partitions is " + partitions + ", must be at least 1");
    }
    if (replication < 1) {
      throw new IllegalArgumentException("replication is " + replication + ", must be at least 1");
    }
    if (rawRetention.isZero() || rawRetention.isNegative()) {
      throw new IllegalArgumentException("rawRetention is " + rawRetention + ", must be positive");
    }
  }
}
