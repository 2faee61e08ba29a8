package io.pgstitch.exporter.span;

import io.opentelemetry.api.common.Attributes;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.LockTarget;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Attributes of a span: OpenTelemetry's stable conventions for databases where there is one, {@code
 * pgstitch.*} for the rest. Times are microseconds, buffers blocks of 8 kB; what is not known is
 * left out.
 */
final class SpanAttributes {

  private static final long NANOS_PER_MICRO = 1000;

  private SpanAttributes() {}

  static Attributes of(QueryTrace trace, Span span) {
    AttributeList to = new AttributeList();
    to.put("db.system.name", "postgresql");
    to.putUnlessEmpty("db.namespace", trace.getBackend().getDatabase());
    to.putUnlessEmpty("db.query.text", span.getText());
    to.putUnlessEmpty("db.response.status_code", span.getSqlstate());
    to.putUnlessEmpty("error.type", span.getSqlstate());
    to.putUnlessEmpty("pgstitch.error.message", span.getErrorMessage());
    to.put("pgstitch.kind", span.getKind().name());
    to.put("pgstitch.depth", span.getDepth());
    to.put("pgstitch.cpu_us", span.getCpuNs() / NANOS_PER_MICRO);
    to.put("pgstitch.wait_us", span.getWaitNs() / NANOS_PER_MICRO);
    if (isCall(span)) {
      to.put("pgstitch.unaccounted_us", unaccountedNanos(span) / NANOS_PER_MICRO);
    }
    if (span.getRows() >= 0) {
      to.put("pgstitch.rows", span.getRows());
    }
    if (span.getQueryId() != 0) {
      to.put("pgstitch.query_id", span.getQueryId());
    }
    if (span.getTextTruncated() || (isRoot(span) && trace.getTextTruncated())) {
      to.put("pgstitch.text_truncated", true);
    }
    if (span.getBegunBefore()) {
      to.put("pgstitch.begun_before", true);
    }
    buffers(to, span.getBuffers());
    PlanAttributes.wal(to, span.getWal());
    PlanAttributes.node(to, span.getPlanNode());
    if (span.getKind() == SpanKind.WAIT) {
      to.put("pgstitch.wait.event", span.getName());
      to.putUnlessEmpty("pgstitch.wait.class", span.getEventClass());
      to.put("pgstitch.wait.calls", span.getCalls());
      target(to, span.getTarget());
      holders(to, span.getLockHolders());
    } else if (span.getKind() == SpanKind.STATEMENT) {
      BindAttributes.put(to, span);
      to.putUnlessEmpty("db.operation.name", isRoot(span) ? trace.getCommandTag() : span.getName());
    }
    if (isRoot(span)) {
      root(to, trace);
    }
    return to;
  }

  private static boolean isCall(Span span) {
    return switch (span.getKind()) {
      case PARSE, EXEC, FETCH, CLOSE -> true;
      case STATEMENT, FUNCTION, WAIT, PLAN_NODE, WORKER, OTHER -> false;
    };
  }

  /**
   * Time in which the backend neither ran nor waited as far as was seen: mostly in the run queue.
   * Without level 8 the waits are in it.
   */
  private static long unaccountedNanos(Span span) {
    return span.getEndUtcNs() - span.getStartUtcNs() - span.getCpuNs() - span.getWaitNs();
  }

  static boolean isRoot(Span span) {
    return span.getParentSpanId().isEmpty();
  }

  private static void root(AttributeList to, QueryTrace trace) {
    Backend backend = trace.getBackend();
    to.put("pgstitch.trace_id", trace.getTraceId());
    to.put("pgstitch.backend.pid", backend.getPid());
    to.putUnlessEmpty("pgstitch.backend.kind", backend.getKind().name());
    to.putUnlessEmpty("pgstitch.user", backend.getUser());
    to.putUnlessEmpty("pgstitch.application_name", backend.getApplicationName());
    to.putUnlessEmpty("client.address", backend.getClientAddress());
    to.putUnlessEmpty("pgstitch.statement_name", trace.getStatementName());
    to.put("pgstitch.level", trace.getLevel());
    to.putUnlessEmpty("pgstitch.error.detail", trace.getErrorDetail());
    to.putUnlessEmpty("pgstitch.error.hint", trace.getErrorHint());
    to.put("pgstitch.close_reason", trace.getCloseReason().name());
    to.put("pgstitch.complete", trace.getComplete());
    to.put("pgstitch.executed", trace.getExecuted());
    to.putUnlessZero("pgstitch.workers_launched", trace.getWorkersLaunched());
    if (backend.getKind() == BackendKind.PARALLEL_WORKER) {
      worker(to, trace);
    } else if (backend.getKind() == BackendKind.OTHER) {
      to.putUnlessEmpty("pgstitch.backend.type", backend.getBackendType());
    }
    if (trace.getLostEvents() > 0) {
      to.put("pgstitch.lost_events", trace.getLostEvents());
    }
    to.putUnlessZero("pgstitch.unseen_returns", trace.getUnseenReturns());
    if (trace.getPart() > 0) {
      to.put("pgstitch.parts", trace.getPart() + 1);
    }
    to.putUnlessEmpty("pgstitch.close_limit", trace.getCloseLimit());
    to.putUnlessEmpty("pgstitch.continues_trace_id", trace.getContinuesTraceId());
    if (trace.getLosses() != null) {
      to.put("pgstitch.losses", LossText.of(trace.getLosses()));
    }
    if (trace.getSampling() != null) {
      to.put("pgstitch.sampling.reason", trace.getSampling().getReason().name());
      to.put("pgstitch.sampling.share", trace.getSampling().getShare());
    }
  }

  /** Without a leader's trace the launch was not seen, and the worker's trace stands alone. */
  private static void worker(AttributeList to, QueryTrace trace) {
    to.put("pgstitch.worker.number", trace.getBackend().getWorkerNumber());
    to.put("pgstitch.leader.pid", trace.getBackend().getLeaderPid());
    if (trace.getLeader() != null) {
      to.put("pgstitch.leader.trace_id", trace.getLeader().getTraceId());
    }
  }

  private static void buffers(AttributeList to, BufferUsage buffers) {
    if (buffers == null) {
      return;
    }
    to.putUnlessZero("pgstitch.buffers.shared_hit", buffers.getSharedHit());
    to.putUnlessZero("pgstitch.buffers.shared_read", buffers.getSharedRead());
    to.putUnlessZero("pgstitch.buffers.shared_dirtied", buffers.getSharedDirtied());
    to.putUnlessZero("pgstitch.buffers.shared_written", buffers.getSharedWritten());
    to.putUnlessZero("pgstitch.buffers.local_hit", buffers.getLocalHit());
    to.putUnlessZero("pgstitch.buffers.local_read", buffers.getLocalRead());
    to.putUnlessZero("pgstitch.buffers.local_dirtied", buffers.getLocalDirtied());
    to.putUnlessZero("pgstitch.buffers.local_written", buffers.getLocalWritten());
    to.putUnlessZero("pgstitch.buffers.temp_read", buffers.getTempRead());
    to.putUnlessZero("pgstitch.buffers.temp_written", buffers.getTempWritten());
  }

  private static void target(AttributeList to, Object target) {
    if (target instanceof IoTarget io) {
      to.put("pgstitch.io.fd", io.getFileDescriptor());
      to.putUnlessNegative("pgstitch.io.offset", io.getOffset());
      to.putUnlessNegative("pgstitch.io.bytes", io.getBytes());
      to.putUnlessEmpty("pgstitch.io.file", io.getFile());
      if (io.getRelfilenode() > 0) {
        to.putUnlessZero("pgstitch.io.tablespace_oid", io.getTablespaceOid());
        to.put("pgstitch.io.database_oid", io.getDatabaseOid());
        to.put("pgstitch.io.relfilenode", io.getRelfilenode());
        to.putUnlessEmpty("pgstitch.io.fork", io.getFork());
        to.putUnlessNegative("pgstitch.io.block", io.getBlock());
        to.putUnlessZero("pgstitch.io.relation_oid", io.getRelationOid());
        to.putUnlessEmpty("pgstitch.io.relation", io.getRelation());
      }
    } else if (target instanceof LockTarget lock) {
      to.putUnlessEmpty("pgstitch.lock.type", lock.getLockType());
      to.putUnlessEmpty("pgstitch.lock.mode_name", lock.getModeName());
      to.putUnlessEmpty("pgstitch.lock.relation", lock.getRelation());
      to.putUnlessEmpty(
          "pgstitch.lock.holders",
          lock.getHolders().stream().map(String::valueOf).collect(Collectors.joining(",")));
      if (lock.getHoldersCut()) {
        to.put("pgstitch.lock.holders_cut", true);
      }
      to.put("pgstitch.lock.tag_type", lock.getTagType());
      to.put("pgstitch.lock.mode", lock.getMode());
      to.put("pgstitch.lock.field1", lock.getField1());
      to.put("pgstitch.lock.field2", lock.getField2());
      to.put("pgstitch.lock.field3", lock.getField3());
      to.put("pgstitch.lock.field4", lock.getField4());
    }
  }

  /** In the words of the trace file; {@link SpanLinks} has those that have a trace. */
  private static void holders(AttributeList to, List<LockHolderLink> holders) {
    if (holders != null) {
      to.putUnlessEmpty(
          "pgstitch.lock.holder_traces",
          holders.stream().map(LockHolderLink::getText).collect(Collectors.joining("; ")));
    }
  }
}
