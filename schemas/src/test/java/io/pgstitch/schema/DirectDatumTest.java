package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.util.RandomData;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DirectDatumTest {
  private static final int RECORDS = 300;

  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  static Stream<Schema> schemas() {
    return Topics.withSchema().stream().map(Topics::schemaOf).distinct();
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void writesTheBytesOfAvrosOwnWriter(Schema schema) throws IOException {
    DatumWriter<Object> direct = new DirectDatumWriter<>(schema);
    DatumWriter<Object> avro = new SpecificDatumWriter<>(schema);
    ByteSink sink = new ByteSink();
    for (Object record : records(schema)) {
      byte[] expected = bytes(avro, record);
      assertThat(bytes(direct, record)).isEqualTo(expected);
      sink.clear();
      direct.write(record, sink);
      assertThat(sink.toByteArray()).isEqualTo(expected);
    }
  }

  @Test
  void whatASpanSeldomSaysIsWrittenWhereItSaysNothingElse() throws IOException {
    List<Object> spans = records(Span.getClassSchema());
    for (Object each : spans.subList(0, 20)) {
      for (Schema.Field field : Span.getClassSchema().getFields()) {
        Span span = callThatSaysNothing();
        assertWrittenAsByAvro(span);
        span.put(field.pos(), ((Span) each).get(field.pos()));
        assertWrittenAsByAvro(span);
      }
      for (Schema.Field field : BufferUsage.getClassSchema().getFields()) {
        Span span = callThatSaysNothing();
        span.setBuffers(new BufferUsage());
        assertWrittenAsByAvro(span);
        span.getBuffers().put(field.pos(), ((Span) each).getEndUtcNs());
        assertWrittenAsByAvro(span);
      }
    }
  }

  private static Span callThatSaysNothing() {
    Span span = new Span();
    span.setSpanId("00000000000000a1");
    span.setParentSpanId("");
    span.setKind(SpanKind.FUNCTION);
    span.setName("PortalStart");
    span.setErrorMessage("");
    return span;
  }

  private static void assertWrittenAsByAvro(Span span) throws IOException {
    byte[] expected = bytes(new SpecificDatumWriter<>(Span.getClassSchema()), span);
    assertThat(bytes(new DirectDatumWriter<>(Span.getClassSchema()), span)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void readsWhatAvrosOwnReaderReads(Schema schema) throws IOException {
    DatumReader<Object> direct = new DirectDatumReader<>(schema);
    DatumWriter<Object> avro = new SpecificDatumWriter<>(schema);
    ByteSource source = new ByteSource();
    for (Object record : records(schema)) {
      byte[] bytes = bytes(avro, record);
      BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
      assertThat(direct.read(null, decoder)).isEqualTo(record);
      assertThat(decoder.isEnd()).isTrue();
      assertThat(direct.read(null, source.over(bytes))).isEqualTo(record);
      assertThat(source.isEnd()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void aRecordThatIsCutAnywhereIsNotRead(Schema schema) throws IOException {
    DatumReader<Object> direct = new DirectDatumReader<>(schema);
    byte[] bytes = bytes(new SpecificDatumWriter<>(schema), records(schema).get(0));
    for (int length = 0; length < bytes.length; length++) {
      ByteSource source = new ByteSource().over(bytes, 0, length);
      assertThatThrownBy(() -> direct.read(null, source)).isInstanceOf(EOFException.class);
    }
  }

  /** Random values of all fields, as our classes. */
  private static List<Object> records(Schema schema) throws IOException {
    SpecificDatumReader<Object> reader = new SpecificDatumReader<>(schema);
    GenericDatumWriter<Object> generic = new GenericDatumWriter<>(schema);
    List<Object> records = new ArrayList<>();
    for (Object each : new RandomData(schema, RECORDS, 42L)) {
      byte[] bytes = bytes(generic, each);
      records.add(reader.read(null, DecoderFactory.get().binaryDecoder(bytes, null)));
    }
    assertThat(records).hasSize(RECORDS);
    return records;
  }

  @Test
  void namesTheFieldThatDoesNotFit() {
    QueryTrace trace = new QueryTrace();
    trace.setTraceId("t");
    trace.setLast(true);
    trace.setBackend(Samples.backend());
    trace.getBackend().setHost(null);
    DatumWriter<QueryTrace> writer = new DirectDatumWriter<>(QueryTrace.getClassSchema());
    assertThatThrownBy(() -> bytes(writer, trace))
        .isInstanceOf(AvroRuntimeException.class)
        .hasMessage("backend: host is null");
  }

  @Test
  void namesTheFieldOfASpan() {
    Span span = new Span();
    span.setSpanId("s");
    span.setParentSpanId("");
    span.setKind(SpanKind.WAIT);
    span.setErrorMessage("");
    assertThatThrownBy(() -> bytes(new DirectDatumWriter<>(Span.getClassSchema()), span))
        .isInstanceOf(AvroRuntimeException.class)
        .hasMessage("name is null");
  }

  @Test
  void namesAValueThatIsNotInItsUnion() {
    List<Object> records = List.of(new Sample());
    DatumWriter<List<Object>> writer =
        new DirectDatumWriter<>(TraceRecords.getClassSchema().getField("records").schema());
    assertThatThrownBy(() -> bytes(writer, records)).hasMessageContaining("$Sample");
  }

  @Test
  void refusesASchemaThatItCannotWrite() {
    Schema fixed = SchemaBuilder.fixed("hash").size(16);
    assertThatThrownBy(() -> new DirectDatumWriter<>(fixed))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("hash");
  }

  private static <T> byte[] bytes(DatumWriter<T> writer, T datum) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    writer.write(datum, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  /** In no schema. */
  private static final class Sample {}
}
