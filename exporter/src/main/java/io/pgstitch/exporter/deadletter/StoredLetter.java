package io.pgstitch.exporter.deadletter;

import java.util.List;
import org.apache.kafka.common.header.Header;

/**
 * A dead letter with its contents.
 *
 * @param letter what is to be known of it
 * @param key key of the record as it was, null for none
 * @param value value of the record as it was, null for none
 * @param headers headers of the record, and those that say why it is here
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
public record StoredLetter(Letter letter, byte[] key, byte[] value, List<Header> headers) {}
