package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Activity;
import io.pgstitch.schema.CommandEnd;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.testkit.InstallationCopy;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers whose structs are not those that their version says, and versions that nobody knows. */
class UnknownBuildIT {
  private static final String STATEMENT = "select generate_series(1, 7)";

  @TempDir private Path dir;

  @Test
  void anUnknownMajorIsTracedWithoutItsStructs() throws Exception {
    try (InstallationCopy build = calling(18, 19);
        TracedServer traced = new TracedServer(dir, build.installation(), b -> b)) {
      traced.expectReduced();
      Collector collector = traced.collect();
      traced.server().client().sql(STATEMENT);

      assertThat(reduced(collector, traced)).contains("no facts about PostgreSQL 19");
      List<RawEventBatch> batches = traced.batches();
      assertThat(texts(batches)).contains(STATEMENT);
      assertThat(rows(batches)).contains(7L);
      assertThat(batches).allMatch(b -> b.getBackend().getUser().isEmpty());
    }
  }

  @Test
  void aBuildWithOtherStructsIsFoundAtItsFirstBackend() throws Exception {
    try (InstallationCopy build = calling(16, 17);
        TracedServer traced = new TracedServer(dir, build.installation(), b -> b)) {
      traced.expectReduced();
      Collector collector = traced.collect();
      traced.server().client().psql("-c", STATEMENT, "-c", "select pg_sleep(1)");
      traced.server().client().sql(STATEMENT);

      List<RawEventBatch> batches = traced.batches();
      assertThat(reduced(collector, traced)).contains("struct Port");
      assertThat(texts(batches)).contains(STATEMENT);
      assertThat(rows(batches)).contains(7L);
      assertThat(batches)
          .allMatch(b -> b.getBackend().getUser().isEmpty())
          .allMatch(b -> b.getBackend().getDatabase().isEmpty());
    }
  }

  @Test
  void aStockBuildIsRight() throws Exception {
    try (TracedServer traced = new TracedServer(dir, 17)) {
      Collector collector = traced.collect();
      traced.server().client().sql(STATEMENT);

      List<RawEventBatch> batches = traced.batches();
      assertThat(reduced(collector, traced)).isEmpty();
      assertThat(batches).allMatch(b -> !b.getBackend().getUser().isEmpty());
    }
  }

  private static String reduced(Collector collector, TracedServer traced) {
    return collector.status().servers().stream()
        .filter(s -> s.pid() == traced.server().postmasterPid())
        .findFirst()
        .orElseThrow()
        .reduced();
  }

  private static List<String> texts(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Activity.class::isInstance)
                    .map(e -> b.getStrings().get(((Activity) e).getText())))
        .toList();
  }

  private static List<Long> rows(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(b -> b.getEvents().stream())
        .filter(CommandEnd.class::isInstance)
        .map(e -> ((CommandEnd) e).getRows())
        .toList();
  }

  /** A real server of one major whose executable says that it is another. */
  private static InstallationCopy calling(int major, int another) throws IOException {
    InstallationCopy copy = InstallationCopy.of(PostgresInstallations.ofMajor(major));
    Path executable = copy.installation().postgres();
    String bytes = Files.readString(executable, StandardCharsets.ISO_8859_1);
    // The text of version() alone: the same number elsewhere is held against the data directory.
    String changed =
        bytes.replaceFirst("PostgreSQL " + major + "(\\.\\d+ on )", "PostgreSQL " + another + "$1");
    assertThat(changed).isNotEqualTo(bytes);
    Files.writeString(executable, changed, StandardCharsets.ISO_8859_1);
    return copy;
  }
}
