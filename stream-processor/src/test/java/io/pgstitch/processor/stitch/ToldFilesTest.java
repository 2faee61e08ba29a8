package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.state.ToldFile;
import io.pgstitch.schema.IoTarget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToldFilesTest {
  private final List<ToldFile> state = new ArrayList<>();
  private final ToldFiles told = new ToldFiles(state);

  private static IoTarget relation(long number, String fork, long oid) {
    return new IoTarget(7, 0L, 8192L, 1663L, 5L, number, fork, 0L, oid, "t", "base/5/" + number);
  }

  private static IoTarget other(int descriptor, String file) {
    return new IoTarget(descriptor, 0L, 8192L, 0L, 0L, 0L, "", -1L, 0L, "", file);
  }

  private boolean isNews(IoTarget target) {
    return told.isNews("IO", target);
  }

  @Test
  void aFileIsNamedOnceAndAgainWhenItsNumberMeansAnother() {
    assertThat(isNews(relation(9, "main", 0))).isTrue();
    assertThat(isNews(relation(9, "main", 0))).isFalse();
    assertThat(isNews(relation(9, "vm", 0))).isTrue();
    assertThat(isNews(relation(9, "main", 0))).isTrue();
    assertThat(isNews(relation(9, "main", 30))).isTrue();
    assertThat(isNews(relation(9, "main", 30))).isFalse();
    assertThat(isNews(other(9, "pg_wal/1"))).isTrue();
    assertThat(isNews(other(9, "pg_wal/1"))).isFalse();
    assertThat(isNews(other(9, "pg_wal/2"))).isTrue();
    assertThat(isNews(relation(9, "main", 30))).isFalse();
  }

  @Test
  void whatIsKnownIsTheStateAlone() {
    assertThat(isNews(relation(9, "main", 0))).isTrue();
    assertThat(new ToldFiles(new ArrayList<>(state)).isNews("IO", relation(9, "main", 0)))
        .isFalse();
  }

  @Test
  void clientsAndWhatHasNoDescriptorHaveNoFile() {
    assertThat(told.isNews("Client", other(9, ""))).isFalse();
    assertThat(isNews(other(-1, ""))).isFalse();
    assertThat(told.isNews("Lock", null)).isFalse();
  }

  @Test
  void ofVeryManyFilesTheOldestIsForgotten() {
    for (int number = 1; number <= 257; number++) {
      assertThat(isNews(relation(number, "main", 0))).isTrue();
    }
    assertThat(state).hasSize(256);
    assertThat(isNews(relation(2, "main", 0))).isFalse();
    assertThat(isNews(relation(1, "main", 0))).isTrue();
  }
}
