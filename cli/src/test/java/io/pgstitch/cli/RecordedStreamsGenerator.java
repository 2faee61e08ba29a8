package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BundledSchemaRegistry;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Topics;
import io.pgstitch.testkit.EmbeddedKafka;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records anew what the stream processor's tests take as real input: the batches that the real
 * collector sends of {@link RecordedWorkload} on each major. docs/decisions/0019 says when.
 *
 * <p>Its name keeps it out of the build; {@code mvn verify -pl cli -am
 * -Dit.test=RecordedStreamsGenerator -Dsurefire.failIfNoSpecifiedTests=false
 * -Dfailsafe.failIfNoSpecifiedTests=false} runs it, as root.
 */
class RecordedStreamsGenerator {
  private static final Path DIRECTORY =
      SourceTree.root().resolve("stream-processor/src/test/resources/recorded");
  private static final int LARGEST = 150_000;

  @TempDir private Path dir;

  private final String bootId = readBootId();

  private record Form(String name, String settings) {}

  private static final List<Form> FORMS =
      List.of(
          new Form("level12", "level=12\ndetail=phases"),
          new Form("level28f", "level=28\nfunctions=true"),
          new Form("level1", "level=1"));

  @Test
  void recordAll() throws Exception {
    Files.createDirectories(DIRECTORY);
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("kafka"))) {
      for (Form form : FORMS) {
        for (int major = 13; major <= 18; major++) {
          record(kafka, major, form);
        }
      }
    }
  }

  private void record(EmbeddedKafka kafka, int major, Form form) throws Exception {
    String name = "pg" + major + "-" + form.name();
    Map<TopicPartition, Long> from;
    try (ThrowawayPostgres server =
        ThrowawayPostgres.builder(PostgresInstallations.ofMajor(major))
            .setting("autovacuum", "off")
            .start()) {
      RecordedWorkload workload = new RecordedWorkload(server);
      workload.prepare();
      Files.writeString(
          dir.resolve(name + ".properties"),
          "kafka.bootstrap.servers="
              + kafka.bootstrapServers()
              + "\npids="
              + server.postmasterPid()
              + "\n"
              + form.settings()
              + "\n");
      from = ends(kafka);
      try (RunningUp collector =
          RunningUp.command(
                  new Launcher(dir).onHost("db1"),
                  dir,
                  name,
                  List.of("collector", "--config", name + ".properties"))
              .awaitReady()) {
        workload.run(dir);
        assertThat(collector.stop().status()).isZero();
      }
    }
    write(name, batches(kafka, from));
  }

  private static KafkaConsumer<String, RawEventBatch> consumer(EmbeddedKafka kafka) {
    return new KafkaConsumer<>(
        Map.of("bootstrap.servers", kafka.bootstrapServers(), "enable.auto.commit", "false"),
        new StringDeserializer(),
        new AvroDeserializer<>(RawEventBatch.class, new BundledSchemaRegistry()));
  }

  private static Map<TopicPartition, Long> ends(EmbeddedKafka kafka) {
    try (var consumer = consumer(kafka)) {
      return consumer.endOffsets(
          consumer.partitionsFor(Topics.RAW_EVENTS).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList());
    } catch (org.apache.kafka.common.errors.UnknownTopicOrPartitionException notYet) {
      return Map.of();
    }
  }

  private List<RawEventBatch> batches(EmbeddedKafka kafka, Map<TopicPartition, Long> from) {
    List<RawEventBatch> batches = new ArrayList<>();
    Map<TopicPartition, Long> to = ends(kafka);
    try (var consumer = consumer(kafka)) {
      for (TopicPartition partition : to.keySet()) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, from.getOrDefault(partition, 0L));
        while (consumer.position(partition) < to.get(partition)) {
          ConsumerRecords<String, RawEventBatch> polled = consumer.poll(Duration.ofSeconds(1));
          polled.forEach(record -> batches.add(neutral(record.value())));
        }
      }
    }
    return batches;
  }

  /** What is of the machine that recorded it is not of interest. */
  private static RawEventBatch neutral(RawEventBatch batch) {
    Backend backend = batch.getBackend();
    backend.setHost("db1");
    backend.setBootId("00000000-0000-4000-8000-000000000001");
    backend.setDataDirectory("/data");
    backend.setServerPort(5432);
    return batch;
  }

  private void write(String name, List<RawEventBatch> batches) throws Exception {
    assertThat(batches).as(name).hasSizeGreaterThan(30);
    Path file = DIRECTORY.resolve(name + ".avro");
    try (DataFileWriter<RawEventBatch> out =
        new DataFileWriter<>(new SpecificDatumWriter<>(RawEventBatch.class))) {
      out.setCodec(CodecFactory.zstandardCodec(19));
      // One block: the more there is in it, the better it compresses.
      out.setSyncInterval(1 << 26);
      out.create(RawEventBatch.getClassSchema(), file.toFile());
      for (RawEventBatch batch : batches) {
        assertThat(batch.toString())
            .as(name)
            .doesNotContain("/tmp", "/work", "/root", "/home", bootId);
        out.append(batch);
      }
    }
    System.out.println(
        name
            + ": "
            + batches.size()
            + " batches, "
            + batches.stream().mapToInt(b -> b.getEvents().size()).sum()
            + " events, "
            + Files.size(file)
            + " bytes");
    assertThat(Files.size(file)).as(name).isLessThan(LARGEST);
  }

  private static String readBootId() {
    try {
      return new String(
              Files.readAllBytes(Path.of("/proc/sys/kernel/random/boot_id")),
              StandardCharsets.US_ASCII)
          .strip();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
