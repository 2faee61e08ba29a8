package io.pgstitch.processor.replay;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.SamplingReason;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Which traces are wanted. What is empty does not matter.
 *
 * @param fromUtcNs traces that end here or later, UTC nanoseconds
 * @param toUtcNs traces that begin before this, UTC nanoseconds
 * @param host host of the server
 * @param pid a backend, with its parallel workers
 * @param database database of the session
 * @param role role that logged in
 * @param queryId PostgreSQL's query id of the statement
 * @param slowerThanNs length of a statement, from its start to its end, that is exceeded
 * @param withLeftOut whether span trees that sampling left out are wanted too
 */
public record TraceSelection(
    OptionalLong fromUtcNs,
    OptionalLong toUtcNs,
    Optional<String> host,
    OptionalInt pid,
    Optional<String> database,
    Optional<String> role,
    OptionalLong queryId,
    OptionalLong slowerThanNs,
    boolean withLeftOut) {

  /** The same of the traces that sampling kept. */
  public TraceSelection(
      OptionalLong fromUtcNs,
      OptionalLong toUtcNs,
      Optional<String> host,
      OptionalInt pid,
      Optional<String> database,
      Optional<String> role,
      OptionalLong queryId,
      OptionalLong slowerThanNs) {
    this(fromUtcNs, toUtcNs, host, pid, database, role, queryId, slowerThanNs, false);
  }

  /** All that sampling kept. */
  public static final TraceSelection ALL =
      new TraceSelection(
          OptionalLong.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          OptionalLong.empty(),
          OptionalLong.empty());

  /** Whether a record with this key can be of a wanted host; looks at the key alone. */
  public boolean mayWant(String key) {
    return host.isEmpty() || BackendKey.hostOf(key).map(host.get()::equals).orElse(true);
  }

  /** Whether events of this backend are to be stitched. */
  public boolean wantsEventsOf(Backend backend) {
    return host.map(backend.getHost()::equals).orElse(true)
        && (pid.isEmpty()
            || backend.getPid() == pid.getAsInt()
            || backend.getLeaderPid() == pid.getAsInt());
  }

  /** Whether some traces of the backends are not wanted. */
  boolean choosesTraces() {
    return fromUtcNs.isPresent()
        || toUtcNs.isPresent()
        || database.isPresent()
        || role.isPresent()
        || choosesStatements();
  }

  private boolean choosesStatements() {
    return queryId.isPresent() || slowerThanNs.isPresent();
  }

  /** Whether a trace is wanted; its last part says it of all. */
  boolean wants(QueryTrace last) {
    long length = last.getEndUtcNs() - last.getStartUtcNs();
    return overlaps(last.getStartUtcNs(), last.getEndUtcNs())
        && wantsSession(last.getBackend())
        && (queryId.isEmpty() || last.getQueryId() == queryId.getAsLong())
        && (slowerThanNs.isEmpty() || length > slowerThanNs.getAsLong());
  }

  /** Whether the spans of a wanted trace are wanted; its records always are. */
  boolean wantsSpans(QueryTrace trace) {
    return withLeftOut
        || trace.getSampling() == null
        || trace.getSampling().getReason() != SamplingReason.LEFT_OUT;
  }

  /** Whether records that belong to no statement are wanted. */
  boolean wantsBetweenStatements(Backend backend, long endUtcNs) {
    return !choosesStatements() && overlaps(endUtcNs, endUtcNs) && wantsSession(backend);
  }

  private boolean overlaps(long startUtcNs, long endUtcNs) {
    return (fromUtcNs.isEmpty() || endUtcNs >= fromUtcNs.getAsLong())
        && (toUtcNs.isEmpty() || startUtcNs < toUtcNs.getAsLong());
  }

  private boolean wantsSession(Backend backend) {
    return database.map(backend.getDatabase()::equals).orElse(true)
        && role.map(backend.getUser()::equals).orElse(true);
  }
}
