package io.pgstitch.collector.encode;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which files are those of relations. */
final class WaitFileTest {
  @ParameterizedTest
  @CsvSource({
    "3, base, 5, 16402, 1663, 5, -1, 16402, main, 0, base/5/16402",
    "3, base, 5, 16402_fsm.1, 1663, 5, -1, 16402, fsm, 1, base/5/16402_fsm.1",
    "3, base, 5, t17_16402_init, 1663, 5, 17, 16402, init, 0, base/5/t17_16402_init",
    "2, data, global, 4294967295_vm.131071, 1664, 0, -1, 4294967295, vm, 131071,"
        + " global/4294967295_vm.131071",
    "0, PG_18_202506291, 5, 16402, 0, 5, -1, 16402, main, 0, .../PG_18_202506291/5/16402",
  })
  void filesOfRelations(
      int depth,
      String grandparent,
      String parent,
      String name,
      long tablespace,
      long database,
      int backend,
      long number,
      String fork,
      long segment,
      String path) {
    assertThat(WaitFile.of(depth, name, parent, grandparent))
        .isEqualTo(new WaitFile(tablespace, database, backend, number, fork, segment, path));
  }

  @ParameterizedTest
  @CsvSource({
    "3, base, pgsql_tmp, pgsql_tmp4711.0",
    "2, data, pg_wal, 000000010000000000000001",
    // As a superuser may name a file elsewhere.
    "0, base, 5, 16402",
    "0, data, global, 1262",
    "1, x, data, 16402",
    "0, PG_18_x, 5, 16402",
    "0, PG_18_202506291, pgsql_tmp, pgsql_tmp4711.0",
    "3, base, 5, 16402_toast",
    "3, base, 5, 16402.",
    "3, base, 5, 99999999999",
    "3, base, 5, ''",
    "3, base, 5, 16402 (deleted)",
    "3, base, 5, '-1'",
    "3, base, '', 16402",
  })
  void otherFilesAreNotTakenForThem(int depth, String grandparent, String parent, String name) {
    WaitFile file = WaitFile.of(depth, name, parent, grandparent);
    assertThat(file.relfilenode()).isZero();
    assertThat(file.fork()).isEmpty();
    assertThat(file.path()).endsWith(name);
    assertThat(file.block(8192)).isEqualTo(-1);
  }

  @Test
  void aNameMayHoldAnything() {
    String name = "a\n*** WAIT #1\u0000\u00ff'\"";
    assertThat(WaitFile.of(1, name, "..", "/").path()).isEqualTo(name);
  }
}
