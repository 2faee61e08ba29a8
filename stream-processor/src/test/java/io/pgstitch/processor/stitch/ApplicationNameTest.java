package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Note;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A statement is of the application that the session said it is when the statement began. */
class ApplicationNameTest {
  private final BackendScript script = new BackendScript().level(1);

  @BeforeEach
  void connectsAsDriver() {
    script.backend().setApplicationName("driver");
  }

  private void set(String name) {
    script.running("set").statement(0, "", 6, -1, 0).set("application_name", name);
    script.exit().commandEnd("SET", 0);
  }

  private static List<String> names(Stitched out) {
    return out.statements().stream()
        .map(t -> t.getText() + " of " + t.getBackend().getApplicationName())
        .toList();
  }

  private static List<String> modules(Stitched out) {
    return out.records.stream()
        .filter(Note.class::isInstance)
        .map(Note.class::cast)
        .filter(note -> note.getName().equals("MODULE NAME"))
        .map(Note::getText)
        .toList();
  }

  @Test
  void whatIsSetHoldsFromTheNextStatementOn() {
    script.leanSelect("select 1", 1);
    set("shop");
    Stitched out = script.idle().leanSelect("select 2", 1).leanSelect("select 3", 1).stitch();
    assertThat(names(out))
        .containsExactly(
            "select 1 of driver", "set of driver", "select 2 of shop", "select 3 of shop");
    assertThat(modules(out)).containsExactly("shop");
  }

  @Test
  void aRollbackTakesItBack() {
    script.leanUtility("begin", "BEGIN").idleInTransaction();
    set("shop");
    script.idleInTransaction().leanSelectRuns("select 1", 1, 1).commandEnd("SELECT", 1);
    script.idleInTransaction().leanUtility("rollback", "ROLLBACK").idle();
    Stitched out = script.leanSelect("select 2", 1).stitch();
    assertThat(names(out)).contains("select 1 of shop", "select 2 of driver");
    assertThat(modules(out)).containsExactly("shop", "driver");
  }

  @Test
  void aSessionThatSetsNoneHasThatOfItsBegin() {
    Stitched out = script.leanSelect("select 1", 1).leanSelect("select 2", 1).stitch();
    assertThat(names(out)).containsExactly("select 1 of driver", "select 2 of driver");
    assertThat(modules(out)).isEmpty();
  }
}
