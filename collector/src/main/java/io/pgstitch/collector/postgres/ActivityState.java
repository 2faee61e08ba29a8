package io.pgstitch.collector.postgres;

/**
 * What a backend says it is doing: the server's BackendState, whose numbers differ between majors
 * ({@link PostgresFacts#activityState(int)}).
 */
public enum ActivityState {
  /** The session has no activity to report, or the number is none of the major's states. */
  UNDEFINED,
  /** The client is still being authenticated (PostgreSQL 18 and later). */
  STARTING,
  /** Waits for the next message, outside a transaction. */
  IDLE,
  /** Runs a statement. */
  RUNNING,
  /** Waits for the next message, inside a transaction. */
  IDLE_IN_TRANSACTION,
  /** Runs a function call message. */
  FASTPATH,
  /** Waits for the next message, inside a failed transaction. */
  IDLE_IN_ABORTED,
  /** The setting track_activities is off. */
  DISABLED
}
