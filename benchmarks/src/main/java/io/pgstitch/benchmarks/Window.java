package io.pgstitch.benchmarks;

/**
 * What was seen of some sessions for a while.
 *
 * @param cpuMicros processor time of their backends for a transaction, us
 * @param tps transactions a second
 * @param p99Millis latency that 99 of 100 transactions stay below, ms
 */
record Window(double cpuMicros, double tps, double p99Millis) {}
