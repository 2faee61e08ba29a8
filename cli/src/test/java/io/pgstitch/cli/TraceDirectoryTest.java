package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceDirectoryTest {
  @TempDir private Path dir;

  @Test
  void excerptIsTheBannerAndThenTheStatementFromItsParsingOn() throws Exception {
    Path file =
        Files.write(
            dir.resolve("a.trc"),
            List.of(
                "Trace file a.trc",
                "PostgreSQL: 15.18",
                "",
                "WAIT #0: nam='DataFileRead'",
                "=====================",
                "PARSING IN CURSOR #1",
                "select 1",
                "END OF STMT",
                "EXEC #1:"));

    assertThat(TraceDirectory.excerpt(file, "select 1", 4))
        .containsExactly(
            "Trace file a.trc",
            "PostgreSQL: 15.18",
            "...",
            "=====================",
            "PARSING IN CURSOR #1",
            "select 1",
            "END OF STMT");
  }
}
