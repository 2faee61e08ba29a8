package io.pgstitch.collector;

/**
 * What came of wishes to switch levels.
 *
 * @param switched settings of pgstitch.level and pgstitch.functions that were taken
 * @param refused settings that a session may not make
 * @param invalid settings whose value means nothing
 * @param ownProbes processes that have probes of their own now
 */
public record ControlStatus(long switched, long refused, long invalid, int ownProbes) {}
