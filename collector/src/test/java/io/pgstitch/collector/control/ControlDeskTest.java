package io.pgstitch.collector.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.ControlCommand;
import io.pgstitch.schema.ControlKind;
import io.pgstitch.schema.SessionDetail;
import io.pgstitch.schema.SessionReport;
import io.pgstitch.schema.TracedSession;
import io.pgstitch.schema.TrustedRecords;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControlDeskTest {
  private static final long NOW = 1_790_000_000_000_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 5_123_456_789L;

  private final OneSession host = new OneSession();
  private final ControlDesk desk = new ControlDesk("db1", host);

  @BeforeEach
  void trust() {
    TrustedRecords.trust();
  }

  /** A host with the session 4711, which takes every level but 99. */
  private static final class OneSession implements SessionControl {
    private final List<Integer> switched = new ArrayList<>();
    private int level = 1;

    @Override
    public List<TracedSession> sessions(int pid) {
      Backend backend =
          Backend.newBuilder()
              .setCluster("c")
              .setHost("db1")
              .setBootId("b")
              .setPid(4711)
              .setStartNs(START)
              .setKind(BackendKind.CLIENT)
              .build();
      return pid == ALL || pid == 4711
          ? List.of(new TracedSession(backend, level, false, NOW, SessionDetail.PHASES))
          : List.of();
    }

    @Override
    public void switchSession(int pid, int wanted, boolean functions) {
      if (wanted == 99) {
        throw new IllegalArgumentException("level 99 does not exist");
      }
      if (wanted == 98) {
        throw new IllegalStateException("the kernel refused");
      }
      switched.add(wanted);
      level = wanted;
    }
  }

  private static ControlCommand command(String id, String to, int pid, int level, long startNanos) {
    return new ControlCommand(
        id, to, pid, level, "dba", NOW, ControlKind.SWITCH, false, startNanos);
  }

  private SessionReport refused(ControlCommand command, long now) {
    SessionReport report = desk.answer(command, now).orElseThrow();
    assertThat(report.getAccepted()).isFalse();
    assertThat(report.getSessions()).isEmpty();
    assertThat(host.switched).isEmpty();
    return report;
  }

  @Test
  void switchesAndSaysWhatIsInForce() {
    SessionReport report = desk.answer(command("1", "db1", 4711, 12, START), NOW).orElseThrow();

    assertThat(report.getAccepted()).isTrue();
    assertThat(report.getRequestId()).isEqualTo("1");
    assertThat(report.getSessions()).singleElement().matches(s -> s.getLevel() == 12);
    assertThat(host.switched).containsExactly(12);
  }

  @Test
  void leavesOtherHostsAndRepeatsAlone() {
    assertThat(desk.answer(command("1", "db2", 4711, 12, 0), NOW)).isEmpty();
    assertThat(desk.answer(command("2", "*", 4711, 12, 0), NOW)).isPresent();
    assertThat(desk.answer(command("2", "*", 4711, 12, 0), NOW + 100 * SECOND)).isEmpty();
    assertThat(host.switched).containsExactly(12);
  }

  @Test
  void refusesWhatWasOnItsWayForTooLong() {
    assertThat(refused(command("1", "db1", 4711, 12, 0), NOW + 61 * SECOND).getMessage())
        .contains("61 s old")
        .contains("clocks");
    assertThat(refused(command("2", "db1", 4711, 12, 0), NOW - 61 * SECOND).getMessage())
        .contains("61 s ahead");
    // A repeat that is forgotten is too old by then.
    assertThat(refused(command("1", "db1", 4711, 12, 0), NOW + 900 * SECOND).getMessage())
        .contains("900 s old");
  }

  @Test
  void refusesAnotherProcessOfThePid() {
    assertThat(refused(command("1", "db1", 4711, 12, START + SECOND), NOW).getMessage())
        .contains("process 4711 is another session by now");
    // /proc knows starts to a hundredth of a second only.
    Optional<SessionReport> rounded =
        desk.answer(command("2", "db1", 4711, 12, 5_120_000_000L), NOW);
    assertThat(rounded.orElseThrow().getAccepted()).isTrue();
  }

  @Test
  void saysWhyItRefuses() {
    assertThat(refused(command("1", "db1", 4712, 12, 0), NOW).getMessage())
        .contains("process 4712 is no session");
    assertThat(refused(command("2", "db1", 0, 12, 0), NOW).getMessage()).contains("no process id");
    assertThat(refused(command("3", "db1", -1, 12, 0), NOW).getMessage()).contains("no process id");
    assertThat(refused(command("4", "db1", 4711, 99, 0), NOW).getMessage())
        .isEqualTo("level 99 does not exist");
    assertThat(refused(command("5", "db1", 4711, 98, 0), NOW).getMessage())
        .contains("the kernel refused");
  }

  @Test
  void listsWithoutSwitching() {
    ControlCommand list =
        new ControlCommand("1", "*", 0, 12, "dba", NOW, ControlKind.LIST, false, 0L);
    assertThat(desk.answer(list, NOW).orElseThrow().getSessions()).hasSize(1);
    assertThat(host.switched).isEmpty();
  }
}
