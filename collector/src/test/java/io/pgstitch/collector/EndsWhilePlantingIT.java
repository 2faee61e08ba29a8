package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.testkit.InstallationCopy;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Servers and backends that end while their probes are planted: the collector goes on, nothing of
 * theirs stays, and the next ones are traced. The server runs a binary of its own; its probes are
 * counted as the kernel lists them with the descriptors of this process.
 */
@Tag("alone")
final class EndsWhilePlantingIT {
  private static final int ATTEMPTS = 10;

  @TempDir private Path dir;

  @Test
  void whatEndsWhileItsProbesArePlantedLeavesNothingAndTheNextOneIsTraced() {
    try (InstallationCopy own = InstallationCopy.of(PostgresInstallations.ofMajor(15));
        TracedServer traced = new TracedServer(dir, own.installation(), b -> b)) {
      traced.set("rescan.ms", "50");
      aServer(traced, own.installation().postgres());
      aBackend(traced, own.installation().postgres());
    }
  }

  private static void aServer(TracedServer traced, Path binary) {
    traced.set("level", "12");
    traced.set("functions", "true");
    Collector whole = traced.collect();
    isTraced(whole, traced.server());
    int all = probes(binary);
    whole.close();
    int atItsEnd = all;
    for (int attempt = 0; attempt < ATTEMPTS && atItsEnd == all; attempt++) {
      atItsEnd = endsWhilePlanting(traced, binary, all);
    }
    assertThat(atItsEnd).isPositive().isLessThan(all);
  }

  /** Returns how many probes there were when the server ended: all, when that was too late. */
  private static int endsWhilePlanting(TracedServer traced, Path binary, int all) {
    long dead = traced.server().postmasterPid();
    CompletableFuture<Collector> starting = CompletableFuture.supplyAsync(traced::collect);
    int atItsEnd = 0;
    while (atItsEnd == 0) {
      atItsEnd = probes(binary);
    }
    kill(dead);
    Collector collector = starting.join();
    Patience.until(
        "its server to go",
        () -> collector.status().servers().stream().noneMatch(s -> s.pid() == dead));
    traced.server().start();
    isTraced(collector, traced.server());
    traced.server().client().sql("select 'next server'");
    assertThat(probes(binary)).isEqualTo(all);
    assertThat(messages(traced.batches())).contains("select 'next server'");
    assertThat(probes(binary)).isZero();
    return atItsEnd;
  }

  private static void aBackend(TracedServer traced, Path binary) {
    traced.set("level", "0");
    traced.set("functions", "false");
    Collector collector = traced.collect();
    isTraced(collector, traced.server());
    int before = probes(binary);
    for (int more = 1; more <= 10; more += 9) {
      SqlSession ends = new SqlSession(traced.server());
      CompletableFuture<Void> switching =
          CompletableFuture.runAsync(() -> collector.switchSession(ends.pid(), 12, true));
      while (probes(binary) < before + more && !switching.isDone()) {
        Thread.onSpinWait();
      }
      terminate(ends.pid());
      // That it has ended may be said, or be found later.
      switching.exceptionally(failure -> null).join();
      Patience.until("its probes to go", () -> probes(binary) == before);
    }
    try (SqlSession next = new SqlSession(traced.server())) {
      collector.switchSession(next.pid(), 12, true);
      next.run("select 'next backend'");
      assertThat(probes(binary)).isGreaterThan(before);
    }
    Patience.until("its probes to go", () -> probes(binary) == before);
    assertThat(messages(traced.batches())).contains("select 'next backend'");
  }

  private static void isTraced(Collector collector, ThrowawayPostgres server) {
    Patience.until(
        "the server to be traced",
        () ->
            collector.status().servers().stream()
                .anyMatch(s -> s.pid() == server.postmasterPid() && s.traced()));
  }

  /** Ends a postmaster as no signal handler can prevent, and waits for its children. */
  private static void kill(long postmaster) {
    List<ProcessHandle> children = ProcessHandle.of(postmaster).orElseThrow().children().toList();
    ProcessHandle.of(postmaster).ifPresent(ProcessHandle::destroyForcibly);
    Patience.until(
        "its children to end", () -> children.stream().noneMatch(ProcessHandle::isAlive));
  }

  /** As an administrator ends a backend. */
  private static void terminate(int backend) {
    ProcessHandle.of(backend).ifPresent(ProcessHandle::destroy);
    Patience.until("its end", () -> ProcessHandle.of(backend).isEmpty());
  }

  private static List<String> messages(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Activity.class::isInstance)
                    .map(Activity.class::cast)
                    .filter(a -> a.getState() == ActivityState.RUNNING)
                    .map(a -> b.getStrings().get(a.getText())))
        .toList();
  }

  /**
   * How many links to functions of a binary this process holds. Kernels that do not name the file
   * of a link have those of all binaries counted.
   */
  private static int probes(Path binary) {
    int count = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fdinfo"))) {
      for (Path each : all) {
        String info = read(each);
        boolean other = info.contains("path:") && !info.contains(binary.toString());
        boolean function = !info.contains("tracepoint") && !info.contains("tracing");
        if (info.contains("link_type:") && function && !other) {
          count++;
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return count;
  }

  private static String read(Path descriptor) {
    try {
      return Files.readString(descriptor);
    } catch (IOException closed) {
      return "";
    }
  }
}
