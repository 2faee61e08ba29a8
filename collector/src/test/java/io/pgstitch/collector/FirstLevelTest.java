package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.LevelRule;
import io.pgstitch.bpf.Levels;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.TrustedRecords;
import java.util.List;
import org.junit.jupiter.api.Test;

class FirstLevelTest {
  private static final FirstLevel LEVELS =
      new FirstLevel(
          List.of(
              new LevelRule(LevelRule.Kind.PORT, 5433, 4),
              new LevelRule(LevelRule.Kind.DATABASE, "shop", 8),
              new LevelRule(LevelRule.Kind.ROLE, "app", 12),
              new LevelRule(LevelRule.Kind.PID, 9, 16).ofProcessStartedAt(5),
              new LevelRule(LevelRule.Kind.PID, 7, 28)),
          1);

  private static int of(int pid, String role, String database, int port, boolean layoutKnown) {
    return of(pid, 0, role, database, port, layoutKnown);
  }

  private static int of(
      int pid, long startNs, String role, String database, int port, boolean layoutKnown) {
    TrustedRecords.trust();
    Backend backend =
        Backend.newBuilder()
            .setCluster("")
            .setHost("")
            .setBootId("")
            .setPid(pid)
            .setStartNs(startNs)
            .setKind(BackendKind.CLIENT)
            .setUser(role)
            .setDatabase(database)
            .setServerPort(port)
            .build();
    return LEVELS.of(backend, layoutKnown);
  }

  @Test
  void theMostSpecialRuleWins() {
    assertThat(of(7, "app", "shop", 5433, true)).isEqualTo(28 | Levels.OWN);
    assertThat(of(8, "app", "shop", 5433, true)).isEqualTo(12);
    assertThat(of(8, "dba", "shop", 5433, true)).isEqualTo(8);
    assertThat(of(8, "dba", "hr", 5433, true)).isEqualTo(4);
    assertThat(of(8, "dba", "hr", 5432, true)).isEqualTo(1);
  }

  @Test
  void aRuleForAProcessIsForNoLaterOneWithItsPid() {
    assertThat(of(9, 53_000_000, "dba", "hr", 5432, true)).isEqualTo(16 | Levels.OWN);
    assertThat(of(9, 60_000_000, "dba", "hr", 5432, true)).isEqualTo(1);
  }

  @Test
  void namesCountOnlyWhereTheKernelProgramsCanReadThem() {
    assertThat(of(8, "app", "shop", 5433, false)).isEqualTo(4);
    assertThat(of(7, "app", "shop", 5433, false)).isEqualTo(28 | Levels.OWN);
  }
}
