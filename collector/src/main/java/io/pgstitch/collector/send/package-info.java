/** The way of batches to Kafka, past the spool or through it. */
package io.pgstitch.collector.send;
