package io.pgstitch.collector.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The functions that PG Ferret hooks in a build of its own: each that nm finds in a stock
 * executable with a symbol table is followed, and each that the compiler left out or the version
 * has not is reported.
 */
final class PgFerretFunctionsTest {
  private static final List<String> HOOKED =
      List.of(
          "exec_simple_query",
          "exec_parse_message",
          "exec_bind_message",
          "exec_execute_message",
          "pg_parse_query",
          "pg_analyze_and_rewrite_varparams",
          "pg_plan_queries",
          "pg_plan_query",
          "planner",
          "BeginImplicitTransactionBlock",
          "PopActiveSnapshot",
          "CreatePortal",
          "PortalDefineQuery",
          "PortalStart",
          "PortalRun",
          "BeginCommand",
          "start_xact_command",
          "finish_xact_command",
          "FillPortalStore",
          "PortalRunSelect",
          "PortalRunMulti",
          "ProcessQuery",
          "ExecutorStart",
          "ExecutorRun",
          "ExecutorFinish",
          "ExecutePlan");

  /**
   * What they do is all in the function that a hook of an extension calls on with; what
   * PortalDefineQuery is given is read where the portal starts.
   */
  private static final Map<String, String> FOLLOWED_AS =
      Map.of(
          "PortalDefineQuery", "PortalStart",
          "planner", "standard_planner",
          "ExecutorStart", "standard_ExecutorStart",
          "ExecutorRun", "standard_ExecutorRun",
          "ExecutorFinish", "standard_ExecutorFinish");

  /** Inlined by the compiler of these builds. */
  private static final Set<String> INLINED =
      Set.of("exec_parse_message", "exec_bind_message", "exec_execute_message", "ExecutePlan");

  static List<PostgresInstallation> installations() {
    return PostgresInstallations.maven();
  }

  @ParameterizedTest
  @MethodSource("installations")
  void areFollowedWhereTheyAreAndReportedWhereNot(PostgresInstallation installation)
      throws IOException {
    ElfFile elf = ElfFile.read(installation.postgres());
    ProbePlan plan =
        ProbePlan.of(
            FunctionSymbols.of(elf, Path.of("/")),
            0,
            ProbeCatalogue.load(),
            EnumSet.allOf(Probe.Tier.class));
    Map<String, Long> symbols = nm(installation.postgres());
    Set<Long> entries = new HashSet<>();
    Stream.concat(plan.groups().stream(), plan.detailGroups().stream())
        .filter(group -> !group.onReturn())
        .forEach(group -> java.util.Arrays.stream(group.offsets()).forEach(entries::add));
    Set<String> absent = new TreeSet<>();
    Set<String> notFollowed = new TreeSet<>();
    for (String name : HOOKED) {
      if (!symbols.containsKey(name)) {
        absent.add(name);
      } else if (!entries.contains(
          elf.fileOffset(symbols.get(FOLLOWED_AS.getOrDefault(name, name))))) {
        notFollowed.add(name);
      }
    }
    assertThat(notFollowed).isEmpty();
    Set<String> expected = new TreeSet<>(INLINED);
    if (installation.major() < 15) {
      expected.add("pg_analyze_and_rewrite_varparams");
    }
    assertThat(absent).isEqualTo(expected);
    assertThat(plan.missingRequired()).isEmpty();
    assertThat(plan.missingOptional().stream().map(MissingFunction::symbol)).containsAll(absent);
    assertThat(plan.missingOptional()).noneMatch(missing -> missing.reason().isEmpty());
    assertThat(plan.missingOptional().stream().map(MissingFunction::symbol))
        .doesNotContainAnyElementsOf(
            HOOKED.stream().filter(name -> !absent.contains(name)).toList());
  }

  /** Addresses of the functions, by name. */
  private static Map<String, Long> nm(Path executable) throws IOException {
    Process process = new ProcessBuilder("nm", executable.toString()).start();
    Map<String, Long> symbols = new TreeMap<>();
    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.split(" ", -1))
        .filter(words -> words.length == 3 && words[1].equalsIgnoreCase("t"))
        .forEach(words -> symbols.put(words[2], Long.parseLong(words[0], 16)));
    return symbols;
  }
}
