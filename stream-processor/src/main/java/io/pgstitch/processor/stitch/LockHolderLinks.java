package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.TraceParent;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.LockHolder;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Who held the lock that was waited for, and which trace that is. Trace ids follow from backend and
 * start of the statement, both of which came with the wait: nobody has to be asked.
 * docs/decisions/0020 explains.
 */
final class LockHolderLinks {
  private final Backend waiter;

  /**
   * @param waiter whose waits they are: the holders are on its host
   */
  LockHolderLinks(Backend waiter) {
    this.waiter = waiter;
  }

  /** One for each holder, in their order. */
  List<LockHolderLink> of(Wait wait, List<String> strings) {
    List<LockHolderLink> links = new ArrayList<>(wait.getHolders().size());
    for (LockHolder holder : wait.getHolders()) {
      links.add(of(holder, strings));
    }
    return links;
  }

  private LockHolderLink of(LockHolder holder, List<String> strings) {
    return switch (holder.getSight()) {
      case PREPARED -> without(holder, "a prepared transaction");
      case UNSEEN -> without(holder, "no event of this process was seen");
      case MISSED -> without(holder, "what it did when the wait began was not noted");
      case SEEN -> {
        if (holder.getLevel() == 0) {
          yield without(holder, "it is not traced, its level is 0");
        }
        yield holder.getStatementStartNs() == 0
            ? without(holder, "its statement was not seen to begin")
            : seen(holder, strings);
      }
    };
  }

  private static LockHolderLink without(LockHolder holder, String why) {
    LockHolderLink link = new LockHolderLink();
    link.setPid(holder.getPid());
    link.setTraceId("");
    link.setSpanId("");
    link.setExportedTraceId("");
    link.setConfirmed(false);
    link.setText("pid=" + holder.getPid() + " trace=none: " + why);
    return link;
  }

  private LockHolderLink seen(LockHolder holder, List<String> strings) {
    TraceIds ids = new TraceIds(identity(holder));
    long high = ids.high(holder.getStatementStartNs(), 0);
    long low = ids.low(holder.getStatementStartNs(), 0);
    String trace = TraceIds.trace(high, low);
    List<TraceParent> contexts =
        holder.getText() == 0
            ? List.of()
            : StatementContexts.commented(strings.get(holder.getText()));
    // The comment that counts is found by the statement's place, which is not known here. One in
    // the text has precedence over a setting.
    boolean contextKnown = contexts.isEmpty() ? !holder.getContextUnknown() : contexts.size() == 1;
    TraceParent context =
        contextKnown && !contexts.isEmpty() ? contexts.get(0) : TraceParents.none();
    String exported = TraceParents.isNone(context) ? trace : context.getTraceId();
    LockHolderLink link = new LockHolderLink();
    link.setPid(holder.getPid());
    link.setTraceId(trace);
    link.setSpanId(TraceIds.span(high, low, TraceWriter.ROOT));
    link.setExportedTraceId(context.getSampled() ? exported : "");
    link.setConfirmed(holder.getCertain() && contextKnown);
    link.setMayBeLeftOut(holder.getMayBeLeftOut());
    link.setText(
        ("pid=" + holder.getPid())
            + (" trace=" + trace)
            + (" state=" + name(holder.getState()))
            + (holder.getCertain() ? "" : " UNCONFIRMED: it may be another statement of the holder")
            + (contextKnown ? "" : " UNCONFIRMED: its spans may be in a trace of the application")
            + (context.getSampled() ? "" : " without spans: the application records none")
            + (holder.getMayBeLeftOut()
                ? " MAYBE LEFT OUT: sampling may have left out its spans"
                : ""));
    return link;
  }

  /** What names a backend for ever; the rest of it is not known here. */
  private Backend identity(LockHolder holder) {
    Backend backend = new Backend();
    backend.setCluster(waiter.getCluster());
    backend.setHost(waiter.getHost());
    backend.setBootId(waiter.getBootId());
    backend.setPid(holder.getHostPid());
    backend.setStartNs(holder.getStartNs());
    return backend;
  }

  /** As pg_stat_activity.state shows it, for what can hold a lock. */
  private static String name(ActivityState state) {
    return switch (state) {
      case RUNNING -> "active";
      case FASTPATH -> "fastpath function call";
      case IDLE_IN_ABORTED_TRANSACTION -> "idle in transaction (aborted)";
      case IDLE, IDLE_IN_TRANSACTION, DISABLED, STARTING, UNKNOWN ->
          state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    };
  }
}
