package io.pgstitch.collector.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.ControlLayout;
import io.pgstitch.bpf.Detail;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
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
            Probe.Tier.ofDefaultLevel(12, Detail.PHASES));
    assertThat(plan.missingRequired())
        .contains("standard_ExecutorRun", "one-of:analyze", "first-of:setting");
    assertThat(plan.groups()).isEmpty();
  }

  @Test
  void withCallsAFunctionHasItsLeanProbesAndLevelsAskForPhases() {
    List<Probe> whole = ProbeCatalogue.load().probes();
    ProbeCatalogue calls = ProbeCatalogue.load(Detail.CALLS);

    assertThat(starts(whole)).containsExactly("on_portal_start in DETAIL");
    assertThat(starts(calls.probes())).containsExactly("on_portal_ready in DETAIL");
    assertThat(whole).hasSameSizeAs(calls.probes());
    assertThat(calls.tiersOf(12)).doesNotContain(Probe.Tier.PHASE).contains(Probe.Tier.DETAIL);
    assertThat(calls.tiersOf(28)).contains(Probe.Tier.PHASE);
    assertThat(calls.tiersOf(12 | Levels.FUNCTIONS)).contains(Probe.Tier.PHASE);
    assertThat(calls.tiersOf(1 | Levels.FUNCTIONS)).doesNotContain(Probe.Tier.PHASE);
    assertThat(ProbeCatalogue.load().tiersOf(4)).contains(Probe.Tier.PHASE);
  }

  @Test
  void withStatementsWaitsAndBindsHaveLevelOnesProbesAndOtherLevelsAll() {
    ProbeCatalogue lean = ProbeCatalogue.load(Detail.STATEMENTS);

    assertThat(lean.tiersOf(1)).containsExactly(Probe.Tier.BASIC);
    for (int level : new int[] {4, 8, 12, 13}) {
      assertThat(lean.tiersOf(level)).containsExactly(Probe.Tier.BASIC, Probe.Tier.RARE);
    }
    assertThat(lean.tiersOf(16)).isEqualTo(ProbeCatalogue.load().tiersOf(16));
    assertThat(lean.tiersOf(8 | Levels.FUNCTIONS))
        .isEqualTo(ProbeCatalogue.load().tiersOf(8 | Levels.FUNCTIONS));
    assertThat(starts(lean.probes())).containsExactly("on_portal_start in DETAIL");
  }

  private static List<String> starts(List<Probe> probes) {
    return probes.stream()
        .filter(p -> p.symbol().equals("PortalStart"))
        .map(p -> p.entryProgram() + " in " + p.tier())
        .toList();
  }

  /** The probe and what is said of its arguments must be of the same function. */
  @Test
  void theFunctionThatMakesSettingsIsChosenAsItsArgumentsAre() {
    assertThat(
            ProbeCatalogue.load().probes().stream()
                .filter(probe -> probe.need().equals("first-of:setting"))
                .map(Probe::symbol))
        .containsExactlyElementsOf(
            ControlFacts.INNERMOST_FIRST.stream().map(ControlLayout.Setting::symbol).toList());
  }
}
