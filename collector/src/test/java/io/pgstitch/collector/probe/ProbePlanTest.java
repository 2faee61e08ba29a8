package io.pgstitch.collector.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The catalogue on the executables of all supported majors. */
final class ProbePlanTest {
  static java.util.List<PostgresInstallation> installations() {
    return PostgresInstallations.all();
  }

  @ParameterizedTest
  @MethodSource("installations")
  void nothingRequiredIsMissing(PostgresInstallation installation) throws IOException {
    ProbePlan plan =
        ProbePlan.of(
            FunctionSymbols.of(ElfFile.read(installation.postgres()), Path.of("/")),
            0,
            ProbeCatalogue.load(),
            EnumSet.allOf(Probe.Tier.class));
    assertThat(plan.missingRequired()).isEmpty();
    assertThat(plan.groups()).isNotEmpty();
  }

  @Test
  void anExecutableThatIsNoServerLacksAllThatIsRequired() throws IOException {
    ProbePlan plan =
        ProbePlan.of(
            FunctionSymbols.of(ElfFile.read(Path.of("/bin/sh").toRealPath()), Path.of("/")),
            0,
            ProbeCatalogue.load(),
            EnumSet.of(Probe.Tier.CONTROL, Probe.Tier.BASIC, Probe.Tier.DETAIL));
    assertThat(plan.missingRequired())
        .contains("standard_ExecutorRun", "one-of:analyze", "first-of:setting");
    assertThat(plan.groups()).isEmpty();
  }
}
