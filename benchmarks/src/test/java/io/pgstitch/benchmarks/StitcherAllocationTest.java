package io.pgstitch.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stitching a recorded event allocates: counted by the JVM, the same on every machine. */
class StitcherAllocationTest {
  @ParameterizedTest
  @CsvSource({"pg13-level1, 1050", "pg15-level12, 550", "pg15-level28f, 460"})
  void anEventAllocatesNoMoreThanItDid(String recording, double most) {
    RecordedEvents events = RecordedEvents.read(recording);
    assertThat(events.events()).isGreaterThan(500);

    double bytes =
        Allocation.each(
            () -> {
              assertThat(StitchBenchmark.stitch(events)).isPositive();
              return events.events();
            });

    assertThat(bytes).as(recording).isBetween(most / 2, most);
  }
}
