package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.Binds;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.TransactionEndLine;
import io.pgstitch.schema.WaitLine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Random scripts as collectors see them that watch less than all detail. */
class DetailTest {
  private static final int CASES = 2_000;

  /** Tells what must be the same. */
  private interface Findings {
    List<String> of(Stitched stitched);
  }

  @Test
  void theClientsStatementsAndTheirCallsAreTheSameWithoutPhases() {
    compare(script -> script, BackendScript::ofCalls, DetailTest::calls);
  }

  @Test
  void withStatementsAloneAllWaitsAndBindsAreTheSame() {
    compare(RandomScript::syncing, BackendScript::ofStatements, DetailTest::statements);
  }

  /** Which of two portals of one text goes on may be open then, but not what the session did. */
  @Test
  void withStatementsAloneNothingIsLostOfPortalsWithoutSync() {
    compare(script -> script, BackendScript::ofStatements, DetailTest::session);
  }

  private static void compare(
      UnaryOperator<RandomScript> kind, UnaryOperator<BackendScript> view, Findings findings) {
    int marked = 0;
    for (long seed = 0; seed < CASES; seed++) {
      try {
        BackendScript script = kind.apply(new RandomScript(seed).rollingBack().binding()).write();
        Stitched whole = script.stitch();
        Stitched part = view.apply(script).stitch();
        TraceIdentities.check(part);
        StitchedViews.check(part);
        if (marks(part) > marks(whole)) {
          marked++;
        } else {
          assertThat(findings.of(part)).isEqualTo(findings.of(whole));
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(marked).isLessThanOrEqualTo(CASES / 100);
  }

  private static long marks(Stitched stitched) {
    return stitched.statements().stream().filter(t -> !t.getComplete()).count();
  }

  /** Each statement with its calls, to the nanosecond, and the transactions' ends. */
  private static List<String> calls(Stitched stitched) {
    List<String> found = new ArrayList<>();
    for (QueryTrace trace : stitched.statements()) {
      StringBuilder statement = new StringBuilder(head(trace));
      for (Span span : stitched.spans(trace)) {
        if (span.getDepth() == 0 && isCall(span)) {
          statement.append("\n  ").append(span.getName());
          statement.append(' ').append(span.getStartUtcNs()).append(" to ");
          statement.append(span.getEndUtcNs()).append(" rows ").append(span.getRows());
          statement.append(" buffers ").append(span.getBuffers());
        }
      }
      found.add(statement.toString());
    }
    Collections.sort(found);
    addTransactions(found, stitched);
    return found;
  }

  /** Each statement that ran or failed with its waits, binds and blocks; then the session. */
  private static List<String> statements(Stitched stitched) {
    List<String> found = new ArrayList<>();
    for (QueryTrace trace : stitched.statements()) {
      if (trace.getExecuted() || trace.getSqlstate() != null) {
        found.add(head(trace) + "\n  " + String.join("\n  ", inside(stitched, trace)));
      }
    }
    Collections.sort(found);
    found.addAll(session(stitched));
    return found;
  }

  /** How often each text ran or failed, all waits and binds, and the transactions' ends. */
  private static List<String> session(Stitched stitched) {
    List<String> found = new ArrayList<>();
    for (QueryTrace trace : stitched.statements()) {
      if (trace.getExecuted() || trace.getSqlstate() != null) {
        found.add(trace.getSqlstate() + " " + trace.getText());
      }
    }
    for (Object record : stitched.records) {
      if (record instanceof WaitLine wait) {
        found.add(wait.getEvent() + " of " + wait.getElapsedUs() + " at " + wait.getTimUs());
      } else if (record instanceof Binds binds) {
        found.add("binds " + binds.getBinds().stream().map(Bind::getValue).toList());
      }
    }
    Collections.sort(found);
    addTransactions(found, stitched);
    return found;
  }

  private static List<String> inside(Stitched stitched, QueryTrace trace) {
    List<String> inside = new ArrayList<>();
    for (Span span : stitched.spans(trace)) {
      if (span.getKind() == SpanKind.WAIT) {
        inside.add(span.getName() + " " + span.getStartUtcNs() + " to " + span.getEndUtcNs());
      }
      if (span.getBinds() != null) {
        inside.add(span.getText() + " " + span.getBinds().stream().map(Bind::getValue).toList());
      }
    }
    Collections.sort(inside);
    List<Span> spans = stitched.spans(trace);
    BufferUsage used = spans.get(spans.size() - 1).getBuffers();
    inside.add("hits " + (used == null ? 0 : used.getSharedHit()));
    return inside;
  }

  private static String head(QueryTrace trace) {
    return trace.getStartUtcNs()
        + " to "
        + trace.getEndUtcNs()
        + " "
        + trace.getCommandTag()
        + " "
        + trace.getRows()
        + " "
        + trace.getExecuted()
        + " "
        + trace.getSqlstate()
        + " "
        + trace.getText();
  }

  private static void addTransactions(List<String> found, Stitched stitched) {
    for (Object record : stitched.records) {
      if (record instanceof TransactionEndLine end) {
        found.add("rollback " + end.getRollback());
      }
    }
  }

  private static boolean isCall(Span span) {
    return switch (span.getKind()) {
      case PARSE, EXEC, FETCH, CLOSE -> true;
      default -> false;
    };
  }
}
