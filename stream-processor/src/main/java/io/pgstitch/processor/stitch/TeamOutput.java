package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.QueryTrace;

/** Takes what a team has finished. */
public interface TeamOutput {
  /** A part of a worker's trace, with its place in the leader's where that is known. */
  void trace(QueryTrace trace);

  /** Which process a launched worker is; once for each. */
  void seen(TeamLaunch launch, Backend worker);
}
