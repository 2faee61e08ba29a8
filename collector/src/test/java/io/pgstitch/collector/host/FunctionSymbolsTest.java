package io.pgstitch.collector.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions by name, on real executables; nm's view of the same file is the judge. */
final class FunctionSymbolsTest {
  private static final Path NO_DEBUG_FILES = Path.of("/nonexistent");

  @TempDir private Path dir;

  static java.util.List<PostgresInstallation> withSymbolTable() {
    return PostgresInstallations.maven();
  }

  private static FunctionSymbols symbols(Path executable, Path root) throws Exception {
    return FunctionSymbols.of(ElfFile.read(executable), root);
  }

  private static Path postgres() {
    return PostgresInstallations.maven().get(2).postgres();
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as(String.join(" ", command))
        .isZero();
  }

  private static Set<Long> byNm(Path file, String pattern) throws Exception {
    Process nm = new ProcessBuilder("nm", file.toString()).start();
    Set<Long> addresses = new java.util.TreeSet<>();
    try (var lines = nm.inputReader()) {
      lines
          .lines()
          .map(l -> l.split(" ", -1))
          .filter(f -> f.length == 3 && f[2].matches(pattern))
          .forEach(f -> addresses.add(Long.parseLong(f[0], 16)));
    }
    return addresses;
  }

  @ParameterizedTest
  @MethodSource("withSymbolTable")
  void findsStaticFunctionsInTheSymbolTable(PostgresInstallation installation) throws Exception {
    FunctionSymbols symbols = symbols(installation.postgres(), NO_DEBUG_FILES);
    for (String name :
        new String[] {"exec_simple_query", "PortalRunSelect", "start_xact_command"}) {
      assertThat(symbols.find(name).addresses())
          .as(name)
          .containsExactlyElementsOf(byNm(installation.postgres(), name));
    }
    assertThat(symbols.find("exec_simple_query").addresses()).hasSize(1);
    assertThat(symbols.origin()).isEqualTo("its symbol table");
  }

  @Test
  void findsClonesAndEachOfSeveralOfOneName() throws Exception {
    Path file = postgres();
    FunctionSymbols symbols = symbols(file, NO_DEBUG_FILES);
    ElfFile elf = ElfFile.read(file);
    int clones = 0;
    int several = 0;
    for (String name : Set.copyOf(elf.functionNames())) {
      if (name.contains(".cold")) {
        continue;
      }
      String base = name.replaceFirst("\\.(isra|constprop|part)\\..*", "");
      if (!base.equals(name) && !name.contains(".part.")) {
        assertThat(symbols.find(base).addresses()).as(base).containsAll(elf.functions(name));
        clones++;
      } else if (elf.functions(name).size() > 1) {
        assertThat(symbols.find(name).addresses())
            .as(name)
            .containsExactlyInAnyOrderElementsOf(
                byNm(file, name + "(\\.(isra|constprop)\\.\\d+)*"));
        several++;
      }
    }
    assertThat(clones).isGreaterThan(50);
    assertThat(several).isGreaterThan(20);
  }

  @Test
  void aPieceIsTakenOnlyWhereNothingElseIsLeftAndAColdOneNever() throws Exception {
    Path file = postgres();
    FunctionSymbols symbols = symbols(file, NO_DEBUG_FILES);
    ElfFile elf = ElfFile.read(file);
    int pieces = 0;
    for (String name : Set.copyOf(elf.functionNames())) {
      String base = name.replaceFirst("\\.part\\.\\d+$", "");
      boolean piece = !base.equals(name) && base.indexOf('.') < 0;
      if (piece && elf.functions(base).isEmpty()) {
        assertThat(symbols.find(base).addresses()).as(base).containsAll(elf.functions(name));
        pieces++;
      } else if (piece && byNm(file, base + "(\\.(isra|constprop)\\.\\d+)*").size() == 1) {
        assertThat(symbols.find(base).addresses())
            .as(base)
            .doesNotContainAnyElementsOf(elf.functions(name));
      }
    }
    assertThat(pieces).isPositive();
    assertThat(symbols.find("exec_simple_query.cold").addresses()).isEmpty();
  }

  @Test
  void findsThemInADebugFileOfTheSameBuildIdAndInNoOther() throws Exception {
    Path stripped = dir.resolve("postgres");
    Path debug = dir.resolve("postgres.debug");
    run("objcopy", "--only-keep-debug", postgres().toString(), debug.toString());
    run("strip", "-o", stripped.toString(), postgres().toString());

    FunctionSymbols without = symbols(stripped, dir);
    assertThat(without.find("PortalRunSelect").addresses()).isEmpty();
    assertThat(without.find("PortalRunSelect").problem())
        .contains("stripped")
        .contains("/usr/lib/debug/.build-id/");
    assertThat(without.find("PortalRun").addresses()).isNotEmpty();

    String id = ElfFile.read(stripped).buildId().orElseThrow();
    Path place =
        dir.resolve("usr/lib/debug/.build-id/" + id.substring(0, 2))
            .resolve(id.substring(2) + ".debug");
    Files.createDirectories(place.getParent());
    Files.copy(debug, place);
    FunctionSymbols with = symbols(stripped, dir);
    assertThat(with.find("PortalRunSelect").addresses())
        .containsExactlyElementsOf(byNm(postgres(), "PortalRunSelect"));
    assertThat(with.origin()).contains("debug file");

    Path other = PostgresInstallations.maven().get(1).postgres();
    Files.delete(place);
    run("objcopy", "--only-keep-debug", other.toString(), place.toString());
    assertThat(symbols(stripped, dir).find("PortalRunSelect").problem())
        .contains("another build id");

    Files.write(place, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 0, 0, 1, 2, 3});
    assertThat(symbols(stripped, dir).find("PortalRunSelect").problem()).contains("cannot be read");
  }

  @Test
  void findsThemInMiniDebugInfo() throws Exception {
    Path mini = dir.resolve("mini");
    Path stripped = dir.resolve("postgres");
    run("objcopy", "--only-keep-debug", postgres().toString(), mini.toString());
    run("xz", "--keep", mini.toString());
    run("strip", "-o", dir.resolve("bare").toString(), postgres().toString());
    run(
        "objcopy",
        "--add-section",
        ".gnu_debugdata=" + mini + ".xz",
        dir.resolve("bare").toString(),
        stripped.toString());
    FunctionSymbols symbols = symbols(stripped, NO_DEBUG_FILES);
    assertThat(symbols.find("ProcessQuery").addresses())
        .containsExactlyElementsOf(byNm(postgres(), "ProcessQuery"));
    assertThat(symbols.origin()).isEqualTo("its MiniDebugInfo");

    byte[] damaged = Files.readAllBytes(dir.resolve("mini.xz"));
    damaged[damaged.length / 2] ^= 0x55;
    Files.write(dir.resolve("damaged.xz"), damaged);
    run(
        "objcopy",
        "--add-section",
        ".gnu_debugdata=" + dir.resolve("damaged.xz"),
        dir.resolve("bare").toString(),
        dir.resolve("broken").toString());
    assertThat(symbols(dir.resolve("broken"), NO_DEBUG_FILES).find("ProcessQuery").addresses())
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "_start",
        "_init",
        "_fini",
        "MyProc",
        "malloc",
        "no_such_function",
        "DoingCommandRead"
      })
  void refusesWithTheReasonWhatIsNoFunctionOrNotSafe(String name) throws Exception {
    for (PostgresInstallation installation : PostgresInstallations.all()) {
      FunctionSymbols.Places places = symbols(installation.postgres(), NO_DEBUG_FILES).find(name);
      assertThat(places.addresses()).as(name + " in " + installation).isEmpty();
      assertThat(places.problem()).as(name + " in " + installation).isNotEmpty();
    }
  }

  @Test
  void refusesASymbolThatPointsIntoTheMiddleOfAFunction() throws Exception {
    Path changed = dir.resolve("postgres");
    long start = byNm(postgres(), "ProcessQuery").iterator().next();
    for (String[] wrong :
        new String[][] {
          {"middle", ".text:0x%x".formatted(start + 3 - textAddress())},
          {"in_data", ".rodata:0x40"}
        }) {
      run(
          "objcopy",
          "--add-symbol",
          wrong[0] + "=" + wrong[1] + ",function,global",
          postgres().toString(),
          changed.toString());
      FunctionSymbols.Places places = symbols(changed, NO_DEBUG_FILES).find(wrong[0]);
      assertThat(places.addresses()).isEmpty();
      assertThat(places.problem())
          .contains(wrong[0].equals("middle") ? "no function begins" : "section of instructions");
    }
  }

  private static long textAddress() throws Exception {
    Process readelf = new ProcessBuilder("readelf", "-SW", postgres().toString()).start();
    try (var lines = readelf.inputReader()) {
      return lines
          .lines()
          .filter(l -> l.contains(" .text "))
          .map(l -> l.replaceFirst(".*PROGBITS +([0-9a-f]+) .*", "$1"))
          .mapToLong(l -> Long.parseLong(l, 16))
          .findFirst()
          .orElseThrow();
    }
  }
}
