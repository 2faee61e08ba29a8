/** Wires the stitcher into Kafka Streams. */
package io.pgstitch.processor.topology;
