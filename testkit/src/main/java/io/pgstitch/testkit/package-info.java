/**
 * Real servers that tests and demonstrations start and throw away: PostgreSQL, Kafka, a schema
 * registry, an OTLP receiver. Nothing here is a mock.
 */
package io.pgstitch.testkit;
