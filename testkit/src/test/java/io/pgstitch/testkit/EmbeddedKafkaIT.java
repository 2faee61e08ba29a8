package io.pgstitch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedKafkaIT {
  private static final String TOPIC = "kept";

  @TempDir Path dir;

  @Test
  void recordsSurviveACleanRestartOnAnotherPort() throws Exception {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir)) {
      createTopic(kafka.bootstrapServers());
      produceInTransaction(kafka.bootstrapServers(), "one");
    }
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir)) {
      produceInTransaction(kafka.bootstrapServers(), "two");
      assertThat(consume(kafka.bootstrapServers(), 2)).containsExactly("one", "two");
    }
  }

  @Test
  void acknowledgedRecordsSurviveKillMinusNine() throws Exception {
    int port = FreePort.find();
    Process first = startProcess(port);
    try {
      createTopic("127.0.0.1:" + port);
      produceInTransaction("127.0.0.1:" + port, "before the kill");
    } finally {
      first.destroyForcibly().waitFor();
    }
    Process second = startProcess(port);
    try {
      produceInTransaction("127.0.0.1:" + port, "after the kill");
      assertThat(consume("127.0.0.1:" + port, 2))
          .containsExactly("before the kill", "after the kill");
    } finally {
      second.destroyForcibly().waitFor();
    }
  }

  @Test
  void dataDirectoryIsClosedToOthers() throws Exception {
    Path open = Files.createDirectory(dir.resolve("open"));
    try (EmbeddedKafka kafka = EmbeddedKafka.start(open)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void secondBrokerOnTheSameDirectoryIsRefusedWithCauseAndRemedy() {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir)) {
      assertThatThrownBy(() -> EmbeddedKafka.start(dir))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(dir.toString())
          .hasMessageContaining("no other broker");
    }
  }

  @Test
  void portInUseIsRefusedWithCauseAndRemedy() {
    try (EmbeddedKafka kafka = EmbeddedKafka.start(dir.resolve("a"))) {
      int taken = Integer.parseInt(kafka.bootstrapServers().split(":", -1)[1]);
      assertThatThrownBy(() -> EmbeddedKafka.start(dir.resolve("b"), taken))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("port " + taken);
    }
  }

  @Test
  void anInterruptedThreadStopsItAndGivesItsDirectoryBack() {
    EmbeddedKafka kafka = EmbeddedKafka.start(dir);
    Thread.currentThread().interrupt();
    kafka.close();
    assertThat(Thread.interrupted()).as("the thread is interrupted still").isTrue();
    EmbeddedKafka.start(dir).close();
  }

  private Process startProcess(int port) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                EmbeddedKafkaMain.class.getName(),
                dir.toString(),
                Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader();
    String line;
    do {
      line = out.readLine();
    } while (line != null && !line.startsWith("ready"));
    assertThat(line).isEqualTo("ready 127.0.0.1:" + port);
    return process;
  }

  private static void createTopic(String bootstrap) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
    }
  }

  private static void produceInTransaction(String bootstrap, String value) throws Exception {
    Map<String, Object> config =
        Map.of("bootstrap.servers", bootstrap, "transactional.id", "writer");
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(TOPIC, value)).get();
      producer.commitTransaction();
    }
  }

  private static List<String> consume(String bootstrap, int count) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers", bootstrap,
            "group.id", "reader",
            "auto.offset.reset", "earliest",
            "isolation.level", "read_committed");
    List<String> values = new ArrayList<>();
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(TOPIC));
      while (values.size() < count && System.nanoTime() < deadline) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
          values.add(record.value());
        }
      }
    }
    return values;
  }
}
