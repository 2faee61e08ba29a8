/** Batches on disk while Kafka takes none. */
package io.pgstitch.collector.spool;
