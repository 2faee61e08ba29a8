/** Sampling rules: which one is in force for a session, and how they come from Kafka. */
package io.pgstitch.collector.sampling;
