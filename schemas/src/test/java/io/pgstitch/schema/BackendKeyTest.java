package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BackendKeyTest {
  @Test
  void aBackendIsNamedByClusterHostBootAndPid() {
    assertThat(BackendKey.of(Samples.backend()))
        .isEqualTo("default/db1/b0071d00-0000-4000-8000-000000000001/4711");
  }

  @Test
  void aParallelWorkerHasItsLeadersKey() {
    Backend worker = Samples.backend();
    worker.setPid(4800);
    worker.setLeaderPid(4711);
    assertThat(BackendKey.of(worker)).isEqualTo(BackendKey.of(Samples.backend()));
  }

  @Test
  void aSlashInANameCannotMakeTwoBackendsLookTheSame() {
    Backend one = Samples.backend();
    one.setCluster("a/b");
    one.setHost("c");
    Backend other = Samples.backend();
    other.setCluster("a");
    other.setHost("b/c");
    assertThat(BackendKey.of(one)).isNotEqualTo(BackendKey.of(other));
  }
}
