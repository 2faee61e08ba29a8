package io.pgstitch.collector.control;

import io.pgstitch.schema.TracedSession;
import java.util.List;

/** The sessions of one host, and the switch that each has. */
public interface SessionControl {
  /** All sessions, as {@link #sessions} takes it. */
  int ALL = 0;

  /**
   * Client sessions of the traced servers, in no order.
   *
   * @param pid of one backend as the host numbers it, or {@link #ALL}
   * @return none for a pid that is no such session
   */
  List<TracedSession> sessions(int pid);

  /**
   * Switches one backend, from its next event on.
   *
   * @param pid of a backend of a traced server, as the host numbers it
   * @param level sum of the bits of {@link io.pgstitch.collector.TraceLevel}; 0 traces nothing
   * @param functions whether calls of the function catalogue are traced too
   * @throws IllegalArgumentException when there is no such level or no such backend; the message
   *     says which
   */
  void switchSession(int pid, int level, boolean functions);
}
