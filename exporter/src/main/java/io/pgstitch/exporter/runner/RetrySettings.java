package io.pgstitch.exporter.runner;

import java.time.Duration;

/**
 * Waits between attempts.
 *
 * @param first after the first failure; doubled after each further one
 * @param longest where doubling ends
 */
public record RetrySettings(Duration first, Duration longest) {}
