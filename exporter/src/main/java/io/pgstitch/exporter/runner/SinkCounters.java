package io.pgstitch.exporter.runner;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a sink's runner counted since it started. Once nothing is pending {@code read = delivered +
 * duplicates_skipped + dead_lettered + handed_over + other_hosts}, and {@code dead_lettered =
 * rejected + undecodable}. Counts are of records, but for {@code retried} (attempts that had to be
 * repeated) and {@code refused_items} (spans).
 */
public final class SinkCounters {

  /** Records that came from Kafka. */
  final LongAdder read = new LongAdder();

  /** Records the destination holds durably. */
  final LongAdder delivered = new LongAdder();

  /** Records the destination held already. */
  final LongAdder duplicatesSkipped = new LongAdder();

  /** Records given up in a rebalance before they were delivered; another exporter has them. */
  final LongAdder handedOver = new LongAdder();

  /** Records of hosts that this exporter does not export. */
  final LongAdder otherHosts = new LongAdder();

  /** Attempts that had to be repeated, deliveries and dead letters. */
  final LongAdder retried = new LongAdder();

  /** Records the destination will never take. */
  final LongAdder rejected = new LongAdder();

  /** Records that are not ours or damaged. */
  final LongAdder undecodable = new LongAdder();

  /** Records that went to the dead letters. */
  final LongAdder deadLettered = new LongAdder();

  /** Records among the delivered that leave no spans, as their application does not record them. */
  final LongAdder unsampled = new LongAdder();

  /** Spans the destination refused out of requests it took. */
  final LongAdder refusedItems = new LongAdder();

  /** Records between our place and the end of the partitions, when last asked for. */
  volatile long lag;

  /** All counts by name, in the order of the documentation. */
  public Map<String, Long> snapshot() {
    Map<String, Long> all = new LinkedHashMap<>();
    all.put("read", read.sum());
    all.put("delivered", delivered.sum());
    all.put("duplicates_skipped", duplicatesSkipped.sum());
    all.put("handed_over", handedOver.sum());
    all.put("other_hosts", otherHosts.sum());
    all.put("retried", retried.sum());
    all.put("rejected", rejected.sum());
    all.put("undecodable", undecodable.sum());
    all.put("dead_lettered", deadLettered.sum());
    all.put("refused_items", refusedItems.sum());
    all.put("unsampled", unsampled.sum());
    all.put("lag", lag);
    return all;
  }
}
