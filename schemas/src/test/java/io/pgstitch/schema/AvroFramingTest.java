package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AvroFramingTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 0x01020304, 0x7fffffff, 0xff})
  void theIdIsBigEndianInAnyBuffer(int id) {
    ByteBuffer buffer = ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN);
    AvroFraming.writeHeader(buffer, id);
    assertThat(buffer.hasRemaining()).isFalse();
    assertThat(buffer.array())
        .containsExactly(0, id >>> 24 & 0xff, id >>> 16 & 0xff, id >>> 8 & 0xff, id & 0xff);
    assertThat(AvroFraming.schemaId(buffer.array())).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 0x01020304, 0x7fffffff})
  void aStreamGetsTheSameBytes(int id) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    AvroFraming.writeHeader(out, id);
    assertThat(out.toByteArray()).hasSize(AvroFraming.HEADER_BYTES);
    assertThat(AvroFraming.schemaId(out.toByteArray())).isEqualTo(id);
  }
}
