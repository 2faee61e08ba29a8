package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TransactionEndLine;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Random scripts as level 1 shows them, and with detail switched on and off in their middle. */
class LevelOneRandomScriptsTest {
  private static final int CASES = 2_000;

  /** Sees a script in some way. */
  private interface View {
    BackendScript of(BackendScript script, Random random);
  }

  @Test
  void levelOneFindsTheSameStatements() {
    compare((script, random) -> script.seen(i -> false, random.nextBoolean()));
  }

  @Test
  void detailThatIsSwitchedOnAnywhereFindsTheSameStatements() {
    compare(
        (script, random) -> {
          int from = random.nextInt(script.size());
          return script.seen(i -> i >= from, random.nextBoolean());
        });
  }

  @Test
  void detailThatIsSwitchedOffAnywhereFindsTheSameStatements() {
    compare(
        (script, random) -> {
          int to = random.nextInt(script.size());
          return script.seen(i -> i < to, random.nextBoolean());
        });
  }

  /**
   * Detail that comes and goes several times within one message, which takes a switch of the level
   * every few microseconds, may join statements of the message without a mark.
   */
  @Test
  void detailThatIsSwitchedOnAndOffFindsTheSameStatementsButForFew() {
    compare(
        (script, random) -> script.seen(someDetail(script, random), random.nextBoolean()),
        CASES / 200);
  }

  @Test
  void batchesAndRestartsDoNotChangeAByte() throws IOException {
    for (long seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      BackendScript whole = new RandomScript(seed).rollingBack().write();
      BackendScript script = whole.seen(someDetail(whole, random), random.nextBoolean());
      StitchLimits limits = seed % 3 == 0 ? new StitchLimits(9, 5, 2, 3) : StitchLimits.DEFAULT;
      assertThat(RandomScriptsTest.cut(script, limits, new Random(seed)))
          .as("seed " + seed)
          .isEqualTo(RandomScriptsTest.bytes(script.stitch(limits).all));
    }
  }

  private static IntPredicate someDetail(BackendScript script, Random random) {
    boolean[] detail = new boolean[script.size()];
    boolean now = random.nextBoolean();
    for (int i = 0; i < detail.length; i++) {
      now ^= random.nextInt(20) == 0;
      detail[i] = now;
    }
    return i -> detail[i];
  }

  private static void compare(View view) {
    compare(view, 0);
  }

  /** What is found is the same, or it is marked as incomplete, which must be rare. */
  private static void compare(View view, int unmarkedAtMost) {
    int marked = 0;
    int unmarked = 0;
    for (long seed = 0; seed < CASES; seed++) {
      try {
        BackendScript script = new RandomScript(seed).rollingBack().write();
        Stitched whole = script.stitch();
        Stitched part = view.of(script, new Random(seed)).stitch();
        TraceIdentities.check(part);
        boolean same = found(part).equals(found(whole));
        if (!same && part.statements().stream().anyMatch(t -> !t.getComplete())) {
          marked++;
        } else if (!same && unmarked < unmarkedAtMost) {
          unmarked++;
        } else {
          assertThat(found(part)).isEqualTo(found(whole));
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(marked).isLessThanOrEqualTo(CASES / 100);
  }

  private static List<List<String>> found(Stitched stitched) {
    return List.of(executed(stitched), failed(stitched), transactionEnds(stitched));
  }

  private static List<String> executed(Stitched stitched) {
    return stitched.statements().stream()
        .filter(QueryTrace::getExecuted)
        .map(t -> t.getCommandTag() + " " + t.getRows() + " " + t.getText())
        .sorted()
        .toList();
  }

  private static List<String> failed(Stitched stitched) {
    return stitched.statements().stream()
        .filter(t -> t.getSqlstate() != null)
        .map(t -> t.getSqlstate() + " " + t.getText())
        .toList();
  }

  private static List<String> transactionEnds(Stitched stitched) {
    return stitched.records.stream()
        .filter(TransactionEndLine.class::isInstance)
        .map(line -> "rollback " + ((TransactionEndLine) line).getRollback())
        .toList();
  }
}
