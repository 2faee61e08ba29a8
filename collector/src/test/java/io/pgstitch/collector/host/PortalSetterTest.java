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
import org.junit.jupiter.params.provider.MethodSource;

/** Where a portal keeps what it was defined with, by the code that stores it. */
final class PortalSetterTest {
  private static final String CODE =
      "48897708" // rsi to 8
          + "48895738" // rdx to 0x38
          + "894f48" // ecx to 0x48
          + "48c7475000000000"
          + "894f40" // ecx to 0x40
          + "4c894758" // r8 to 0x58
          + "4c894f60"
          + "c7878400000001000000"
          + "c3";

  private static ByteBuffer code(String hex) {
    byte[] given = HexFormat.of().parseHex(hex);
    return ByteBuffer.allocate(96).order(ByteOrder.LITTLE_ENDIAN).put(given).rewind();
  }

  @Test
  void storesAreRead() {
    PortalSetter fields = new PortalSetter(8, 0x38, 0x40, 0x58);
    assertThat(PortalSetter.x86(code(CODE))).contains(fields);
    assertThat(PortalSetter.x86(code("f30f1efa" + CODE))).contains(fields);
  }

  @Test
  void anythingElseIsRefused() {
    assertThat(PortalSetter.x86(code("55" + CODE))).as("it saves a register").isEmpty();
    assertThat(PortalSetter.x86(code(CODE.replace("4c894758", "")))).as("no list").isEmpty();
    assertThat(PortalSetter.x86(code(CODE.replace("48895738", "4889573c"))))
        .as("no word of its own")
        .isEmpty();
    assertThat(PortalSetter.x86(code(CODE.replace("4c894758", "4c898758010000"))))
        .as("too far behind to be read")
        .isEmpty();
  }

  static java.util.List<PostgresInstallation> installations() {
    return PostgresInstallations.all();
  }

  @ParameterizedTest
  @MethodSource("installations")
  void ofEachBuild(PostgresInstallation installation) throws IOException {
    ElfFile elf = ElfFile.read(installation.postgres());
    PortalSetter fields = PortalSetter.of(elf, "PortalDefineQuery").orElseThrow();
    assertThat(fields.statementName()).isEqualTo(8);
    assertThat(fields.sourceText())
        .isGreaterThan(fields.statementName())
        .isLessThan(fields.commandTag());
    assertThat(fields.statements()).isGreaterThan(fields.commandTag());
    assertThat(PortalSetter.of(elf, "PortalRun")).isEmpty();
    assertThat(PortalSetter.of(elf, "no_such_function")).isEmpty();
  }
}
