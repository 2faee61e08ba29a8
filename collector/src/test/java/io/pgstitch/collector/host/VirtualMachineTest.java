package io.pgstitch.collector.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualMachineTest {
  @Test
  void isKnownByTheFlagThatHypervisorsSet() {
    assertThat(
            VirtualMachine.isVirtual(
                List.of("processor\t: 0", "flags\t\t: fpu hypervisor lahf_lm")))
        .isTrue();
  }

  @Test
  void isNotWhatOnlySoundsLikeIt() {
    assertThat(
            VirtualMachine.isVirtual(
                List.of(
                    "model name\t: hypervisor", "flags\t\t: fpu vmx", "vmx flags\t: hypervisor")))
        .isFalse();
  }
}
