/**
 * Stitches raw events again that are in Kafka or in a recording, by event time alone, and makes
 * recordings.
 */
package io.pgstitch.processor.replay;
