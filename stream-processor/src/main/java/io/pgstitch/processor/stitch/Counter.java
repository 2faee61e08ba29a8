package io.pgstitch.processor.stitch;

import java.util.Locale;

/** What the processor counts; the README of the module says what must add up. */
public enum Counter {
  /** Batches taken. */
  BATCHES,
  /** Events taken. */
  EVENTS,
  /** Batches dropped because all their events had been taken before, or their session has ended. */
  DUPLICATE_BATCHES,
  /** Batches of which some events had been taken before; the others were taken. */
  OVERLAPPING_BATCHES,
  /** Batches dropped because they came from an earlier attachment of the collector. */
  STALE_BATCHES,
  /** Batches before which events were missing. */
  GAPS,
  /** Events that were missing. */
  LOST_EVENTS,
  /** Of those, events that collectors dropped because their spool had no room. */
  DROPPED_EVENTS,
  /** Records without a batch. */
  IGNORED_BATCHES,
  /** Records that could not be read or stitched and went to the dead letters. */
  DEAD_LETTERS,
  /** Events whose time lay before that of the one before, or waits that reached back over it. */
  TIMES_CLAMPED,
  /** Bind values whose statement was not seen to begin. */
  BINDS_WITHOUT_STATEMENT,
  /** Traces of parallel workers whose launch by the leader was not seen; they stand alone. */
  WORKERS_WITHOUT_LEADER,
  /** Stored states of another version of the processor that were not used. */
  STATES_DISCARDED,
  /** Sessions forgotten because they were silent for too long. */
  SESSIONS_EXPIRED,
  /** Sessions open now. */
  OPEN_SESSIONS,
  /** Outputs that the broker refused as too large and that are lost. */
  OUTPUTS_TOO_LARGE,
  /** Parts of long traces sent before the last. */
  PARTS,
  /** Trace contexts of applications that were not valid and ignored. */
  MALFORMED_TRACEPARENTS,
  /** Plans whose statement was not open, e.g. because its start was not seen; not shown. */
  PLANS_WITHOUT_STATEMENT,
  /** Nested statements closed by the limit on open ones. */
  NESTED_LIMIT,
  /** Calls of functions whose return the kernel did not report; their traces are incomplete. */
  UNSEEN_RETURNS,
  /** Calls of functions that were left out by the limit on open ones. */
  CALLS_LIMIT,
  /** Signs of life of backends that run a statement without events. */
  SIGNS_OF_LIFE,
  /** Signs of life that said nothing of now: events are missing, or came in between. */
  STALE_SIGNS_OF_LIFE,
  /** Records of open queries that were published, tombstones included. */
  OPEN_QUERIES_PUBLISHED,
  /** Traces that ran to their end. */
  TRACES_COMPLETED,
  /** Traces that an error ended. */
  TRACES_FAILED,
  /** Traces that the end of the process ended. */
  TRACES_BACKEND_ENDED,
  /** Traces whose end was not seen. */
  TRACES_SUPERSEDED,
  /** Traces of Parse messages without execution. */
  TRACES_PARSE_ONLY,
  /** Traces cut by a restart of the collector. */
  TRACES_COLLECTOR_RESTARTED,
  /** Traces closed by a limit. */
  TRACES_LIMIT,
  /** Traces kept because no sampling rule was in force. */
  KEPT_NO_RULE,
  /** Traces kept because the session was traced by request, or the application records them. */
  KEPT_REQUESTED,
  /** Traces kept because they failed. */
  KEPT_FAILED,
  /** Traces kept because they took longer than their rule says. */
  KEPT_SLOW,
  /** Traces kept because they took longer than is usual for their query. */
  KEPT_UNUSUAL,
  /** Traces kept because they waited for a lock, or others did for one of their session. */
  KEPT_LOCK,
  /** Traces kept because not all of them is known. */
  KEPT_INCOMPLETE,
  /** Traces kept because a part of them had gone out. */
  KEPT_PARTS,
  /** Traces kept because they had parallel workers, or are a worker's. */
  KEPT_PARALLEL,
  /** Traces kept as the share of the rest. */
  KEPT_SHARE,
  /** Traces that were left out. */
  LEFT_OUT,
  /** Traces that wait to be kept or left out: somebody may still wait for a lock of theirs. */
  HELD_BACK;

  /** Name in metrics and logs: lower case with underscores. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
