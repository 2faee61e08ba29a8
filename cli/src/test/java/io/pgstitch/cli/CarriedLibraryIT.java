package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.cli.Launcher.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host that has no libbpf, made with a private mount namespace in which it is hidden. */
class CarriedLibraryIT {
  private static final String HIDE =
      "for library in $(ldconfig -p | awk '$1 == \"libbpf.so.1\" || $1 == \"libelf.so.1\" {print $NF}'); do"
          + " mount --bind /dev/null \"$library\" || exit 99; done\n";

  @TempDir private Path dir;

  @Test
  void theKernelProgramsLoadWithTheLibraryThatTheJarCarries() throws Exception {
    Path script =
        Files.writeString(
            dir.resolve("without-libbpf"),
            "#!/bin/sh\nexec unshare --mount sh -c '"
                + HIDE.replace("'", "'\\''")
                + "exec \"$0\" \"$@\"' "
                + SourceTree.root().resolve("pgstitch")
                + " \"$@\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));

    Outcome outcome = new Launcher(script, dir).run("doctor", "--json");

    JsonNode findings = new ObjectMapper().readTree(outcome.out()).path("host");
    assertThat(findings)
        .as(outcome.out() + outcome.err())
        .filteredOn(f -> f.path("name").asText().equals("kernel programs"))
        .singleElement()
        .matches(f -> f.path("ok").asBoolean());
  }
}
