package io.pgstitch.exporter.deadletter;

/**
 * What is to be known of a dead letter, without its contents.
 *
 * @param position where it stands
 * @param timestampMs when it was written, milliseconds UTC
 * @param topic topic that it comes from; empty when it does not say
 * @param partition partition there, -1 when it does not say
 * @param offset offset there, -1 when it does not say
 * @param by who gave it up: {@code processor}, or the name of a sink
 * @param reason why, in words
 * @param exception class of the failure
 * @param bytes size of key and value
 * @param retries how often this record was tried again, in this letter or before it
 */
public record Letter(
    Position position,
    long timestampMs,
    String topic,
    int partition,
    long offset,
    String by,
    String reason,
    String exception,
    long bytes,
    int retries) {

  Letter retriedOnceMore() {
    return new Letter(
        position, timestampMs, topic, partition, offset, by, reason, exception, bytes, retries + 1);
  }

  /** Whether it says where it comes from, so that it can be sent there again. */
  public boolean hasOrigin() {
    return !topic.isEmpty();
  }
}
