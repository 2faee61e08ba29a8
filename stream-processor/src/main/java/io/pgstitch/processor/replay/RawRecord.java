package io.pgstitch.processor.replay;

import io.pgstitch.schema.RawEventBatch;

/**
 * A batch of raw events and its place.
 *
 * @param position offset in its partition, or number in its recording; ascends
 * @param key key of the Kafka record
 * @param timestampMs time of its last event, milliseconds UTC
 * @param batch the events
 */
public record RawRecord(long position, String key, long timestampMs, RawEventBatch batch) {}
