package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Binds;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.FunctionCall;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.Stat;
import io.pgstitch.schema.TransactionEndLine;
import io.pgstitch.schema.WaitLine;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What must hold of the output of any script. */
final class TraceIdentities {
  private TraceIdentities() {}

  static void check(Stitched stitched) {
    Set<String> ids = new HashSet<>();
    for (QueryTrace trace : stitched.statements()) {
      assertThat(ids.add(trace.getTraceId())).as("trace id is new").isTrue();
      spansNest(stitched.spans(trace));
      partsCount(stitched, trace);
      windowsFillRoot(stitched.spans(trace), trace);
    }
    cursors(stitched.records);
    timeGoesOn(stitched.records);
    callsDoNotOverlap(stitched.records);
    waitsAgree(stitched);
    cpuAndElapsedAddUp(stitched.records);
  }

  private static void partsCount(Stitched stitched, QueryTrace last) {
    List<QueryTrace> parts =
        stitched.traces.stream()
            .filter(part -> part.getTraceId().equals(last.getTraceId()))
            .toList();
    for (int i = 0; i < parts.size(); i++) {
      assertThat(parts.get(i).getPart()).isEqualTo(i);
      assertThat(parts.get(i).getLast()).isEqualTo(i == parts.size() - 1);
    }
  }

  static void spansNest(List<Span> spans) {
    Map<String, Span> byId = new HashMap<>();
    for (Span span : spans) {
      assertThat(byId.put(span.getSpanId(), span)).as("span id is new").isNull();
    }
    for (Span span : spans) {
      assertThat(span.getEndUtcNs())
          .as("ends after it starts")
          .isGreaterThanOrEqualTo(span.getStartUtcNs());
      if (span.getParentSpanId().isEmpty()) {
        continue;
      }
      Span parent = byId.get(span.getParentSpanId());
      // A text of each span would take longer than all else.
      if (parent == null
          || span.getStartUtcNs() < parent.getStartUtcNs()
          || span.getEndUtcNs() > parent.getEndUtcNs()) {
        throw new AssertionError(span + " in " + parent);
      }
    }
  }

  /** Calls and waits between them do not overlap; what they leave is time of other statements. */
  private static void windowsFillRoot(List<Span> spans, QueryTrace trace) {
    Span root = spans.get(spans.size() - 1);
    assertThat(root.getParentSpanId()).isEmpty();
    long filled = 0;
    long waits = 0;
    long cpu = 0;
    long before = root.getStartUtcNs();
    boolean gaps = false;
    for (Span span : spans) {
      boolean call =
          span.getParentSpanId().equals(root.getSpanId())
              && span.getDepth() == 0
              && span.getKind() != SpanKind.FUNCTION
              && span.getKind() != SpanKind.PLAN_NODE
              && span.getKind() != SpanKind.STATEMENT;
      if (call) {
        assertThat(span.getStartUtcNs()).as("calls do not overlap").isGreaterThanOrEqualTo(before);
        gaps |= span.getStartUtcNs() > before;
        before = span.getEndUtcNs();
        filled += span.getEndUtcNs() - span.getStartUtcNs();
        waits += span.getWaitNs();
        cpu += span.getCpuNs();
      }
    }
    gaps |= before < root.getEndUtcNs();
    if (trace.getPart() == 0) {
      assertThat(gaps).as("a statement never suspended has no gaps: %s", trace.getText()).isFalse();
      assertThat(filled).isEqualTo(root.getEndUtcNs() - root.getStartUtcNs());
    }
    assertThat(root.getWaitNs()).isEqualTo(waits);
    assertThat(root.getCpuNs()).isEqualTo(cpu);
  }

  private static void cursors(List<Object> records) {
    Set<Integer> open = new HashSet<>();
    for (Object record : records) {
      if (record instanceof ParsingInCursor r) {
        assertThat(open.add(r.getCursor())).as("cursor is free: %s", r).isTrue();
      } else if (record instanceof Close r) {
        assertThat(open.remove(r.getCursor())).as("cursor is open: %s", r).isTrue();
      } else if (record instanceof Call r) {
        assertThat(open).as("cursor of %s", r).contains(r.getCursor());
      } else if (record instanceof Stat r) {
        assertThat(open).as("cursor of %s", r).contains(r.getCursor());
      } else if (record instanceof FunctionCall r) {
        assertThat(open).as("cursor of %s", r).contains(r.getCursor());
      } else if (record instanceof WaitLine r && r.getCursor() != 0) {
        assertThat(open).as("cursor of %s", r).contains(r.getCursor());
      }
    }
    assertThat(open).as("every cursor is closed").isEmpty();
  }

  private static void timeGoesOn(List<Object> records) {
    long last = 0;
    for (Object record : records) {
      long tim = tim(record);
      assertThat(tim).as("tim of %s", record).isGreaterThanOrEqualTo(last);
      last = tim;
    }
  }

  /**
   * As {@code NESTING} of the trace file's rules: of the session's own calls one runs at a time.
   */
  private static void callsDoNotOverlap(List<Object> records) {
    long before = Long.MIN_VALUE;
    for (Object record : records) {
      long elapsed =
          record instanceof Call r && r.getDep() == 0
              ? r.getElapsedUs()
              : record instanceof Close r && r.getDep() == 0 ? r.getElapsedUs() : -1;
      if (elapsed >= 0) {
        assertThat(tim(record) - elapsed).as("begin of %s", record).isGreaterThanOrEqualTo(before);
        before = tim(record);
      }
    }
  }

  static long tim(Object record) {
    if (record instanceof ParsingInCursor r) {
      return r.getTimUs();
    } else if (record instanceof Call r) {
      return r.getTimUs();
    } else if (record instanceof Close r) {
      return r.getTimUs();
    } else if (record instanceof WaitLine r) {
      return r.getTimUs();
    } else if (record instanceof TransactionEndLine r) {
      return r.getTimUs();
    } else if (record instanceof ErrorLine r) {
      return r.getTimUs();
    } else if (record instanceof Binds r) {
      return r.getTimUs();
    } else if (record instanceof Stat r) {
      return r.getTimUs();
    } else if (record instanceof FunctionCall r) {
      return r.getTimUs();
    }
    return ((Note) record).getTimUs();
  }

  private static void waitsAgree(Stitched stitched) {
    Map<String, Integer> lines = new HashMap<>();
    for (Object record : stitched.records) {
      if (record instanceof WaitLine r) {
        lines.merge(r.getEvent() + r.getTimUs() + "/" + r.getElapsedUs(), 1, Integer::sum);
      }
    }
    for (QueryTrace trace : stitched.traces) {
      for (Span span : trace.getSpans()) {
        if (span.getKind() == SpanKind.WAIT) {
          long end = Math.floorDiv(span.getEndUtcNs(), 1000L);
          long elapsed = end - Math.floorDiv(span.getStartUtcNs(), 1000L);
          String key = span.getName() + end + "/" + elapsed;
          assertThat(lines.merge(key, -1, Integer::sum)).as(key).isGreaterThanOrEqualTo(0);
        }
      }
    }
  }

  /**
   * Identity of the dep rule: what a call says of itself, less what the calls inside it say, is not
   * negative, and its own waits fit into it.
   */
  private static void cpuAndElapsedAddUp(List<Object> records) {
    for (int i = 0; i < records.size(); i++) {
      if (!(records.get(i) instanceof Call call)) {
        continue;
      }
      long start = call.getTimUs() - call.getElapsedUs();
      long childrenElapsed = 0;
      long childrenCpu = 0;
      long waits = 0;
      for (int j = i - 1; j >= 0 && tim(records.get(j)) >= start; j--) {
        Object record = records.get(j);
        if (record instanceof Call r
            && r.getDep() == call.getDep() + 1
            && r.getTimUs() - r.getElapsedUs() >= start) {
          childrenElapsed += r.getElapsedUs();
          childrenCpu += r.getCpuUs();
        } else if (record instanceof Close r
            && r.getDep() == call.getDep() + 1
            && r.getTimUs() - r.getElapsedUs() >= start) {
          childrenElapsed += r.getElapsedUs();
          childrenCpu += r.getCpuUs();
        } else if (record instanceof WaitLine r
            && r.getCursor() == call.getCursor()
            && r.getTimUs() - r.getElapsedUs() >= start) {
          waits += r.getElapsedUs();
        }
      }
      long own = call.getCpuUs() - childrenCpu + waits + childrenElapsed;
      assertThat(childrenElapsed)
          .as("children of %s", call)
          .isLessThanOrEqualTo(call.getElapsedUs());
      assertThat(own)
          .as("c + waits + children's e of %s", call)
          .isLessThanOrEqualTo(call.getElapsedUs() + 50);
    }
  }
}
