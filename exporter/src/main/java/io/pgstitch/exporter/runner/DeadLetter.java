package io.pgstitch.exporter.runner;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record that cannot be delivered.
 *
 * @param record as it was read
 * @param stage where it failed: {@code VALUE_CONVERTER} or {@code TASK_PUT}, as Connect says
 * @param exceptionClass class of the failure
 * @param reason in words
 */
record DeadLetter(
    ConsumerRecord<byte[], byte[]> record, String stage, String exceptionClass, String reason) {}
