package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.probe.SessionProbes;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/**
 * The kernel looks at each way through each program before it takes it, while `collector` and
 * `doctor` wait: a second and more when loops were followed turn by turn.
 */
final class VerifierIT {
  /** Linux 6.18 goes through some 400,000, in 0.45 s; another kernel may take some more. */
  private static final long MOST = 450_000;

  private static final int RING_BYTES = 1 << 20;

  @Test
  void loadingAllProgramsTakesNoMoreThanItDid() {
    try (KernelPrograms programs = KernelPrograms.load(RING_BYTES)) {
      assertThat(programs.verifiedInstructions()).isBetween(1L, MOST);
    }
  }

  /** A collector as it comes sees its first event before the kernel has gone through the others. */
  @Test
  void whatIsNotNeededByDefaultIsLoadedLater() {
    Properties properties = new Properties();
    properties.setProperty("kafka.bootstrap.servers", "127.0.0.1:9092");
    TracePlan plan = TracePlan.of(CollectorSettings.from(properties));
    try (KernelPrograms all = KernelPrograms.load(RING_BYTES);
        KernelPrograms some = KernelPrograms.loadFirst(RING_BYTES, plan.programs())) {
      long atFirst = some.verifiedInstructions();
      assertThat(atFirst).isBetween(1L, all.verifiedInstructions() * 2 / 3);

      SessionProbes.attachWaits(some);
      assertThat(some.verifiedInstructions()).as("of what sees waits").isEqualTo(atFirst);

      long attachment = some.attachTracepoint("on_process_exit");

      assertThat(attachment).isNotZero();
      assertThat(some.verifiedInstructions()).isEqualTo(all.verifiedInstructions());
    }
  }
}
