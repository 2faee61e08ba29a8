package io.pgstitch.benchmarks;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;

/**
 * The least that a Kafka Streams application can do that looks at its records: it decodes the raw
 * events and encodes them again, as any application with typed records does. Else as {@link
 * CopyMain}.
 */
public final class CopyRecordsMain {
  /** What is copied. */
  static final String INPUT = "bench.records";

  private CopyRecordsMain() {}

  /** Runs until the process is stopped. */
  public static void main(String[] arguments) throws InterruptedException {
    SchemaRegistry registry = new BundledSchemaRegistry();
    Topology topology =
        new Topology()
            .addSource(
                "raw-events",
                new StringDeserializer(),
                new AvroDeserializer<>(RawEventBatch.class, registry),
                INPUT)
            .addSink(
                "copies",
                CopyMain.COPIES,
                new StringSerializer(),
                new AvroSerializer<>(RawEventBatch.class, registry),
                "raw-events");
    CopyMain.run(arguments, topology);
  }
}
