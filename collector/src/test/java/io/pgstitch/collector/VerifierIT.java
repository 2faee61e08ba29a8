package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.bpf.Detail;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import java.util.Set;
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

  /** A collector at level 1 sees its first event before the kernel has gone through the others. */
  @Test
  void whatLevelOneDoesNotNeedIsLoadedLater() {
    Set<String> first = ProbeCatalogue.load().programs(Probe.Tier.ofDefaultLevel(1, Detail.PHASES));
    try (KernelPrograms all = KernelPrograms.load(RING_BYTES);
        KernelPrograms some = KernelPrograms.loadFirst(RING_BYTES, first)) {
      assertThat(some.verifiedInstructions()).isBetween(1L, all.verifiedInstructions() * 2 / 3);

      long attachment = some.attachTracepoint("on_syscall");

      assertThat(attachment).isNotZero();
      assertThat(some.verifiedInstructions()).isEqualTo(all.verifiedInstructions());
    }
  }
}
