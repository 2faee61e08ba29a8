package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.TransactionEndLine;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Random scripts as they are seen without phases: the client's statements are the same. */
class WithoutPhasesTest {
  private static final int CASES = 2_000;

  @Test
  void theClientsStatementsAndTheirCallsAreTheSame() {
    int marked = 0;
    for (long seed = 0; seed < CASES; seed++) {
      try {
        BackendScript script = new RandomScript(seed).rollingBack().binding().write();
        Stitched whole = script.stitch();
        Stitched part = script.withoutPhases().stitch();
        TraceIdentities.check(part);
        if (marks(part) > marks(whole)) {
          marked++;
        } else {
          assertThat(found(part)).isEqualTo(found(whole));
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
  private static List<String> found(Stitched stitched) {
    List<String> found = new ArrayList<>();
    for (QueryTrace trace : stitched.statements()) {
      StringBuilder statement = new StringBuilder();
      statement.append(trace.getStartUtcNs()).append(" to ").append(trace.getEndUtcNs());
      statement.append(' ').append(trace.getCommandTag()).append(' ').append(trace.getRows());
      statement.append(' ').append(trace.getExecuted()).append(' ').append(trace.getSqlstate());
      statement.append(' ').append(trace.getText());
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
    for (Object record : stitched.records) {
      if (record instanceof TransactionEndLine end) {
        found.add("rollback " + end.getRollback());
      }
    }
    return found;
  }

  private static boolean isCall(Span span) {
    return switch (span.getKind()) {
      case PARSE, EXEC, FETCH, CLOSE -> true;
      default -> false;
    };
  }
}
