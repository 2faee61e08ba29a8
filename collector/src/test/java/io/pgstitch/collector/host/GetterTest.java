package io.pgstitch.collector.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A variable is found by the code of the function that returns a field of it. */
class GetterTest {
  private static ByteBuffer code(String hex) {
    byte[] bytes = new byte[32];
    byte[] given = HexFormat.of().parseHex(hex);
    System.arraycopy(given, 0, bytes, 0, given.length);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void x86() {
    assertThat(Getter.x86(code("488b05c12a69008b4008c3"), 0x1e2fc0))
        .contains(new Getter(0x875a88, 8));
    assertThat(Getter.x86(code("f30f1efa488b05c12a69008b4008c3"), 0x1e2fbc))
        .contains(new Getter(0x875a88, 8));
    assertThat(Getter.x86(code("55488b05c12a69008b4008c3"), 0x1e2fc0)).isEmpty();
    assertThat(Getter.x86(code("488b05c12a69008b400890"), 0x1e2fc0)).isEmpty();
  }

  @Test
  void variable() {
    assertThat(Getter.variable(code("8b05ba316a00c3"), 0x1e2e00)).hasValue(0x885fc0);
    assertThat(Getter.variable(code("f30f1efa8b05ba316a00c3"), 0x1e2dfc)).hasValue(0x885fc0);
    assertThat(Getter.variable(code("8b05ba316a0090"), 0x1e2e00)).isEmpty();
  }

  @Test
  void arm() {
    // adrp x0, +0x10000; ldr x0, [x0, #0x28]; ldr w0, [x0, #8]; ret
    assertThat(Getter.arm(code("80000090001440f9000840b9c0035fd6"), 0x4123))
        .contains(new Getter(0x14028, 8));
    // the same, 0x1000 before
    assertThat(Getter.arm(code("e0fffff0001440f9000840b9c0035fd6"), 0x4000))
        .contains(new Getter(0x3028, 8));
    assertThat(Getter.arm(code("80000090001440f9000840b9"), 0x4000)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18})
  void ofEachMajor(int major) throws IOException {
    PostgresInstallation installation = PostgresInstallations.ofMajor(major);
    ElfFile elf = ElfFile.read(installation.postgres());
    Getter getter = Getter.of(elf, "GetCurrentSubTransactionId").orElseThrow();
    assertThat(getter.offset()).isEqualTo(8);
    if (elf.address("CurrentTransactionState") != 0) {
      assertThat(getter.pointer()).isEqualTo(elf.address("CurrentTransactionState"));
    }
    long transaction = Getter.variable(elf, "GetTopTransactionIdIfAny").orElseThrow();
    if (elf.address("XactTopFullTransactionId") != 0) {
      assertThat(transaction).isEqualTo(elf.address("XactTopFullTransactionId"));
    }
    assertThat(Getter.variable(elf, "GetCurrentSubTransactionId")).isEmpty();
    assertThat(Getter.of(elf, "no_such_function")).isEmpty();
    assertThat(Getter.of(elf, "PortalRun")).isEmpty();
  }
}
