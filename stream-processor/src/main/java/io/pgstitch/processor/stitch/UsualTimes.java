package io.pgstitch.processor.stitch;

import io.pgstitch.schema.QueryTrace;

/** What is usual for a query, from its own history. */
public interface UsualTimes {
  /**
   * Says what was usual before a run, and takes the run into the query's history.
   *
   * @param trace last part of an execution that is known whole and has a query id
   * @return nanoseconds that 95 of 100 runs did not exceed; -1 while too few were seen
   */
  long usualBefore(QueryTrace trace);
}
