package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docker-compose.yml against the schema of the Compose specification, which docker-compose carries;
 * no Docker engine is needed.
 */
class ComposeFileTest {
  private static final Path ROOT = SourceTree.root();
  private static final Pattern MOUNT = Pattern.compile("- (\\./ops/[^:]+):");

  @TempDir private Path dir;

  @Test
  void isValidByTheComposeSchema() throws Exception {
    Verdict verdict = check(ROOT.resolve("docker-compose.yml"));

    assertThat(verdict.output()).isEmpty();
    assertThat(verdict.status()).isZero();
  }

  @Test
  void theCheckRefusesAKeyThatTheSchemaDoesNotKnow() throws Exception {
    Path wrong = dir.resolve("docker-compose.yml");
    String text = Files.readString(ROOT.resolve("docker-compose.yml"));
    Files.writeString(wrong, text.replace("privileged: true", "privilleged: true"));

    Verdict verdict = check(wrong);

    assertThat(verdict.status()).isNotZero();
    assertThat(verdict.output()).contains("privilleged");
  }

  @Test
  void mountsOnlyFilesThatExist() throws IOException {
    Matcher mounts = MOUNT.matcher(Files.readString(ROOT.resolve("docker-compose.yml")));
    int seen = 0;
    while (mounts.find()) {
      assertThat(ROOT.resolve(mounts.group(1))).exists();
      seen++;
    }
    assertThat(seen).isGreaterThanOrEqualTo(6);
  }

  @Test
  void givesEveryRoleAConfigurationThatExists() throws IOException {
    Matcher files =
        Pattern.compile("\"/etc/pgstitch/([a-z-]+\\.properties)\"")
            .matcher(Files.readString(ROOT.resolve("docker-compose.yml")));
    int seen = 0;
    while (files.find()) {
      assertThat(ROOT.resolve("ops/config").resolve(files.group(1))).exists();
      seen++;
    }
    assertThat(seen).isEqualTo(5);
  }

  private static Verdict check(Path file) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("docker-compose", "-f", file.toString(), "config", "--quiet")
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Verdict(process.exitValue(), output.strip());
  }

  private record Verdict(int status, String output) {}
}
