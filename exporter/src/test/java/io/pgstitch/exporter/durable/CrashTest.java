package io.pgstitch.exporter.durable;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashTest {

  private static final int KILLS = 12;
  private static final int SIGKILLED = 137;

  @TempDir private Path scratch;

  @Test
  void filesAreTheSameBytesHoweverOftenTheWriterIsKilled() throws Exception {
    Path undisturbed = scratch.resolve("undisturbed");
    Path disturbed = scratch.resolve("disturbed");
    KilledWriter.write(undisturbed, 0, n -> {});
    Random random = new Random(46);
    int acked = 0;
    for (int kill = 1; kill <= KILLS; kill++) {
      int target = (int) ((long) KilledWriter.RECORDS * kill / (KILLS + 2));
      acked = runAndKill(disturbed, Math.max(0, acked - 200), target, random.nextInt(4_000_000));
    }
    assertThat(acked).as("killed before the end").isLessThan(KilledWriter.RECORDS);
    KilledWriter.write(disturbed, Math.max(0, acked - 200), n -> {});
    assertThat(contents(disturbed)).isEqualTo(contents(undisturbed)).hasSize(12);
  }

  /** Returns the first record whose delivery the writer had not acknowledged. */
  private static int runAndKill(Path directory, int first, int target, int delayNanos)
      throws IOException, InterruptedException {
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName(),
                directory.toString(),
                Integer.toString(first))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int acked = first;
    try (BufferedReader out = writer.inputReader()) {
      String line = out.readLine();
      while (line != null) {
        acked = Integer.parseInt(line.substring("acked ".length()));
        if (acked >= target && writer.isAlive()) {
          Thread.sleep(delayNanos / 1_000_000, delayNanos % 1_000_000);
          writer.toHandle().destroyForcibly(); // Process.destroyForcibly would close the stream too
          target = Integer.MAX_VALUE;
        }
        line = out.readLine();
      }
    }
    assertThat(writer.waitFor()).isEqualTo(SIGKILLED);
    return acked;
  }

  private static Map<String, String> contents(Path directory) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".trc")).toList()) {
        String text = Files.readString(file);
        contents.put(
            file.getFileName().toString(), text.replace(directory.toString(), "DIRECTORY"));
      }
    }
    return contents;
  }
}
