package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.bpf.SessionRecord;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BackgroundKindTest {
  @Test
  void listsAreReadAndWrittenAlike() {
    for (String list : List.of("none", "autovacuum", "autovacuum,other")) {
      assertThat(BackgroundKind.text(BackgroundKind.listed(list))).isEqualTo(list);
    }
    assertThat(BackgroundKind.listed(" other , autovacuum "))
        .containsExactlyInAnyOrder(BackgroundKind.AUTOVACUUM, BackgroundKind.OTHER);
    assertThat(BackgroundKind.listed("all")).containsExactlyInAnyOrder(BackgroundKind.values());
  }

  @Test
  void whatIsNoKindIsNamed() {
    assertThatThrownBy(() -> BackgroundKind.listed("autovacuum,checkpointer"))
        .hasMessageContaining("'checkpointer' is no kind of process")
        .hasMessageContaining("logical-replication");
  }

  @Test
  void theKernelGetsABitForEach() {
    assertThat(BackgroundKind.bits(Set.of())).isZero();
    assertThat(BackgroundKind.bits(BackgroundKind.listed("autovacuum,other")))
        .isEqualTo(1 << SessionRecord.KIND_AUTOVACUUM | 1 << SessionRecord.KIND_BACKGROUND_WORKER);
  }
}
