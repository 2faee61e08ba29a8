/**
 * Turns the events of one backend into traces; plain Java, no Kafka, time comes with the events.
 */
package io.pgstitch.processor.stitch;
