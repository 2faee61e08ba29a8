package io.pgstitch.collector.encode;

/**
 * A batch ready to be sent.
 *
 * @param key partition key, see io.pgstitch.schema.BackendKey
 * @param pid of the backend, which in a parallel worker is not the one in the key
 * @param startNanos when the backend began, as in io.pgstitch.schema.Backend
 * @param value framed Avro of a RawEventBatch
 * @param utcMillis time of its last event
 * @param events how many it holds
 * @param firstSequence sequence number of its first event
 * @param lastSequence and of its last
 * @param lossesAt offset in the value of {@code lost_before}, behind which {@code dropped_before}
 *     stands
 * @param lostBefore what stands there: events lost before this batch
 * @param droppedBefore and how many of them were dropped by the collector
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record EncodedBatch(
    String key,
    int pid,
    long startNanos,
    byte[] value,
    long utcMillis,
    int events,
    long firstSequence,
    long lastSequence,
    int lossesAt,
    long lostBefore,
    long droppedBefore) {

  /** Sequence numbers that it covers: what is missing when it is. */
  public long span() {
    return lastSequence - firstSequence + 1;
  }

  /**
   * The same batch, before which more was dropped.
   *
   * @throws IllegalArgumentException when the value does not have its losses where it should
   */
  public EncodedBatch afterLossOf(long moreLost, long moreDropped) {
    int lostEnd = Varint.end(value, lossesAt);
    if (Varint.read(value, lossesAt) != lostBefore
        || Varint.read(value, lostEnd) != droppedBefore) {
      throw new IllegalArgumentException("the batch has its losses elsewhere");
    }
    int rest = Varint.end(value, lostEnd);
    byte[] lost = Varint.of(lostBefore + moreLost);
    byte[] dropped = Varint.of(droppedBefore + moreDropped);
    byte[] changed = new byte[lossesAt + lost.length + dropped.length + value.length - rest];
    System.arraycopy(value, 0, changed, 0, lossesAt);
    System.arraycopy(lost, 0, changed, lossesAt, lost.length);
    System.arraycopy(dropped, 0, changed, lossesAt + lost.length, dropped.length);
    System.arraycopy(
        value, rest, changed, lossesAt + lost.length + dropped.length, value.length - rest);
    return new EncodedBatch(
        key,
        pid,
        startNanos,
        changed,
        utcMillis,
        events,
        firstSequence,
        lastSequence,
        lossesAt,
        lostBefore + moreLost,
        droppedBefore + moreDropped);
  }
}
