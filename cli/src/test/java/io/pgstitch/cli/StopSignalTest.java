package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StopSignalTest {
  @Test
  @Timeout(10)
  void workThatEndedByItselfEndsTheWait() {
    try (StopSignal stop = new StopSignal()) {
      assertThatThrownBy(() -> stop.awaitWhileWorking(() -> Optional.of("the pump broke")))
          .isInstanceOf(CommandFailure.class)
          .hasMessage("the pump broke")
          .extracting(thrown -> ((CommandFailure) thrown).exitStatus())
          .isEqualTo(ExitStatus.FAILED);
    }
  }
}
