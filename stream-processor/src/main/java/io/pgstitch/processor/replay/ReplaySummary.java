package io.pgstitch.processor.replay;

import io.pgstitch.schema.QueryTrace;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/** Counts the traces that a replay has, whether it writes them or not. */
public final class ReplaySummary {
  private final Set<String> sessionsOfStream = new HashSet<>();
  private final Set<String> hosts = new TreeSet<>();
  private long sessions;
  private long traces;
  private long leftOut;
  private long incomplete;
  private long begunBefore;
  private long firstStartUtcNs = Long.MAX_VALUE;
  private long lastEndUtcNs = Long.MIN_VALUE;

  ReplaySummary() {}

  /** A session is in one stream alone. */
  void nextStream() {
    sessionsOfStream.clear();
  }

  void add(String key, QueryTrace last) {
    traces++;
    incomplete += last.getComplete() ? 0 : 1;
    begunBefore += last.getBegunBefore() ? 1 : 0;
    firstStartUtcNs = Math.min(firstStartUtcNs, last.getStartUtcNs());
    lastEndUtcNs = Math.max(lastEndUtcNs, last.getEndUtcNs());
    hosts.add(last.getBackend().getHost());
    String session = key + '/' + last.getBackend().getPid() + '/' + last.getBackend().getStartNs();
    sessions += sessionsOfStream.add(session) ? 1 : 0;
  }

  void addLeftOut() {
    leftOut++;
  }

  /** Traces that would be chosen and that sampling leaves out; they are in no other number. */
  public long leftOut() {
    return leftOut;
  }

  /** Traces, each once however many parts it has. */
  public long traces() {
    return traces;
  }

  /** Those of them of which something is not known. */
  public long incomplete() {
    return incomplete;
  }

  /** Those of them whose beginning was not among the events. */
  public long begunBefore() {
    return begunBefore;
  }

  /** Sessions that the traces are of. */
  public long sessions() {
    return sessions;
  }

  /** Hosts that the traces are of, sorted. */
  public Set<String> hosts() {
    return hosts;
  }

  /** Start of the first statement, UTC nanoseconds; meaningless without traces. */
  public long firstStartUtcNs() {
    return firstStartUtcNs;
  }

  /** End of the last statement, UTC nanoseconds; meaningless without traces. */
  public long lastEndUtcNs() {
    return lastEndUtcNs;
  }
}
