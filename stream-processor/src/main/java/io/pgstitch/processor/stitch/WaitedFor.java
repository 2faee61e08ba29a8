package io.pgstitch.processor.stitch;

/**
 * Whether another backend waited for a lock of a session while one of its traces was the one that
 * it is led to.
 */
public enum WaitedFor {
  /** None did. */
  NO,
  /** One did. */
  YES,
  /** Events are missing that would say it. */
  UNKNOWN
}
