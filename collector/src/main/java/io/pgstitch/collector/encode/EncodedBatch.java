package io.pgstitch.collector.encode;

/**
 * A batch ready to be sent.
 *
 * @param key partition key, see io.pgstitch.schema.BackendKey
 * @param value framed Avro of a RawEventBatch
 * @param utcMillis time of its last event
 * @param events how many it holds
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
public record EncodedBatch(String key, byte[] value, long utcMillis, int events) {}
