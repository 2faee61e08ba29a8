package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;

class AvroSerdeTest {
  private final SchemaRegistry registry = new BundledSchemaRegistry();
  private final AvroSerializer<ControlCommand> serializer =
      new AvroSerializer<>(ControlCommand.class, registry);
  private final AvroDeserializer<ControlCommand> deserializer =
      new AvroDeserializer<>(ControlCommand.class, registry);

  @Test
  void aRecordComesBackAsItWas() {
    byte[] bytes = serializer.serialize(Topics.CONTROL, Samples.command());
    assertThat(deserializer.deserialize(Topics.CONTROL, bytes)).isEqualTo(Samples.command());
  }

  @Test
  void nestedRecordsUnionsEnumsAndArraysComeBackAsTheyWere() {
    var records =
        new TraceRecords(
            Samples.backend(),
            "",
            0,
            1L,
            List.of(
                new ParsingInCursor(101, "select 1", 0, 0, "SELECT", 5L, false, false),
                new Call(CallKind.EXEC, 101, 1L, 2L, 3L, 4L, 5L, 1, 6L, 0, 7L, 6L, null, null),
                new WaitLine(
                    101,
                    "IO",
                    "DataFileRead",
                    9L,
                    new IoTarget(7, 8192L, 8192L, 0L, 0L, 0L, "", -1L, 0L, "", ""),
                    -1L,
                    7L,
                    true,
                    true),
                new WaitLine(0, "Client", "ClientRead", 9L, null, -1L, 8L, false, false)),
            List.of(new RecordsOfTrace("0af7651916cd43dd8448eb211c80319c", 1, 2)));
    try (var writer = new AvroSerializer<>(TraceRecords.class, registry);
        var reader = new AvroDeserializer<>(TraceRecords.class, registry)) {
      byte[] bytes = writer.serialize(Topics.TRACE_RECORDS, records);
      assertThat(reader.deserialize(Topics.TRACE_RECORDS, bytes)).isEqualTo(records);
    }
  }

  @Test
  void oneInstanceWritesManyRecordsWithoutMixingThem() {
    ControlCommand other =
        new ControlCommand("id-2", "another host", 1, 1, "x", 2L, ControlKind.LIST, false, 0L);
    byte[] first = serializer.serialize(Topics.CONTROL, Samples.command());
    byte[] second = serializer.serialize(Topics.CONTROL, other);
    assertThat(deserializer.deserialize(Topics.CONTROL, first)).isEqualTo(Samples.command());
    assertThat(deserializer.deserialize(Topics.CONTROL, second)).isEqualTo(other);
  }

  @Test
  void aBackendThatItsOwnerChangesBetweenTwoRecordsIsWrittenAsItIs() {
    TraceRecords records = new TraceRecords(Samples.backend(), "", 0, 1L, List.of(), List.of());
    try (var writer = new AvroSerializer<>(TraceRecords.class, new BundledSchemaRegistry());
        var reader = new AvroDeserializer<>(TraceRecords.class, new BundledSchemaRegistry())) {
      for (int pid = 1; pid < 4; pid++) {
        records.getBackend().setPid(pid);
        for (int again = 0; again < 2; again++) {
          byte[] bytes = writer.serialize(Topics.TRACE_RECORDS, records);
          assertThat(reader.deserialize(Topics.TRACE_RECORDS, bytes)).isEqualTo(records);
        }
      }
    }
  }

  @Test
  void aRecordThatDoesNotFitIsRefusedAndTheNextOneIsFine() {
    ControlCommand incomplete = new ControlCommand();
    incomplete.setId("only the id");
    assertThatThrownBy(() -> serializer.serialize(Topics.CONTROL, incomplete))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("ControlCommand")
        .hasMessageContaining(Topics.CONTROL);
    byte[] bytes = serializer.serialize(Topics.CONTROL, Samples.command());
    assertThat(deserializer.deserialize(Topics.CONTROL, bytes)).isEqualTo(Samples.command());
  }

  @Test
  void aTombstoneStaysATombstone() {
    assertThat(serializer.serialize(Topics.CONTROL, null)).isNull();
    assertThat(deserializer.deserialize(Topics.CONTROL, null)).isNull();
  }

  @Test
  void bothWorkByClassNameWithoutTheRecordsClass() {
    try (var writer = new AvroSerializer<ControlCommand>();
        var reader = new AvroDeserializer<ControlCommand>()) {
      writer.configure(Map.of(), false);
      reader.configure(new HashMap<>(), false);
      byte[] bytes = writer.serialize(Topics.CONTROL, Samples.command());
      assertThat(reader.deserialize(Topics.CONTROL, bytes)).isEqualTo(Samples.command());
    }
  }

  @Test
  void useForKeysIsRefused() {
    try (var writer = new AvroSerializer<ControlCommand>();
        var reader = new AvroDeserializer<ControlCommand>()) {
      assertThatThrownBy(() -> writer.configure(Map.of(), true))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("key.serializer");
      assertThatThrownBy(() -> reader.configure(Map.of(), true))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("key.deserializer");
    }
  }

  @Test
  void textIsNotOurs() {
    assertRefused("{\"a\":1}".getBytes(StandardCharsets.UTF_8), "not a framed Avro record");
  }

  @Test
  void aRecordShorterThanItsHeaderIsNotOurs() {
    assertRefused(new byte[] {0, 1, 2}, "not a framed Avro record");
  }

  @Test
  void anUnknownSchemaIdIsNotOurs() {
    assertRefused(new byte[] {0, 0, 0, 0, 9, 1, 1}, "is not ours: no schema");
  }

  @Test
  void anotherTopicsRecordIsNotOurs() {
    byte[] header = new byte[6];
    AvroFraming.writeHeader(
        ByteBuffer.wrap(header),
        registry.idOf(Topics.subjectOf(Topics.QUERY_TRACES), QueryTrace.getClassSchema()));
    assertRefused(header, "io.pgstitch.schema.QueryTrace, expected a");
  }

  @Test
  void aTruncatedRecordIsDamagedWhereverItIsCut() {
    byte[] bytes = serializer.serialize(Topics.CONTROL, Samples.command());
    for (int length = AvroFraming.HEADER_BYTES; length < bytes.length; length++) {
      assertRefused(Arrays.copyOf(bytes, length), "damaged");
    }
  }

  @Test
  void bytesBehindTheRecordAreDamage() {
    byte[] bytes = serializer.serialize(Topics.CONTROL, Samples.command());
    assertRefused(Arrays.copyOf(bytes, bytes.length + 1), "bytes follow its end");
  }

  @Test
  void anAbsurdLengthIsDamageAndAllocatesNothing() {
    byte[] bytes = serializer.serialize(Topics.CONTROL, Samples.command());
    byte[] absurd = Arrays.copyOf(bytes, AvroFraming.HEADER_BYTES + 5);
    // A string of 2^31 - 2 bytes, of which none follow.
    byte[] length = {(byte) 0xfc, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f};
    System.arraycopy(length, 0, absurd, AvroFraming.HEADER_BYTES, length.length);
    assertRefused(absurd, "damaged");
  }

  private void assertRefused(byte[] message, String reason) {
    assertThatThrownBy(() -> deserializer.deserialize(Topics.CONTROL, message))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining(reason);
  }
}
