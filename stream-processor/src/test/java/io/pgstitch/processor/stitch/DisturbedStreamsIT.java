package io.pgstitch.processor.stitch;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link DisturbedStreamsTest} with cases that it does not have. */
class DisturbedStreamsIT {
  @Test
  @Tag("soak")
  void manyMoreCases() {
    new DisturbedStreamsTest().run(DisturbedStreamsTest.CASES, 500_000);
  }
}
