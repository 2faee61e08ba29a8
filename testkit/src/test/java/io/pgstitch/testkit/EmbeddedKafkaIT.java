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
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
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
      createTopic(kafka.bootstrapServers(), 1);
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
      createTopic("127.0.0.1:" + port, 1);
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

  /** What was being committed at the kill is committed everywhere after it: see KilledBroker. */
  @Test
  void aCommitThatAKillInterruptsIsFinishedInEachPartition() throws Exception {
    int port = FreePort.find();
    String bootstrap = "127.0.0.1:" + port;
    int partitions = 40;
    for (int kill = 0; kill < 2; kill++) {
      Process broker = startProcess(port);
      try {
        if (kill == 0) {
          createTopic(bootstrap, partitions);
        }
        assertThat(committed(bootstrap, partitions)).isEqualTo((long) kill * partitions);
        commitInEach(bootstrap, partitions, broker::destroyForcibly);
      } finally {
        broker.destroyForcibly().waitFor();
      }
    }
    try (EmbeddedKafka last = EmbeddedKafka.start(dir, port)) {
      assertThat(committed(bootstrap, partitions)).isEqualTo(2L * partitions);
    }
  }

  /** Commits a record in each partition, and then does something, before what follows a commit. */
  private static void commitInEach(String bootstrap, int partitions, Runnable then)
      throws Exception {
    Map<String, Object> config =
        Map.of("bootstrap.servers", bootstrap, "transactional.id", "writer of many");
    KafkaProducer<String, String> producer =
        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    try {
      producer.initTransactions();
      producer.beginTransaction();
      for (int i = 0; i < partitions; i++) {
        producer.send(new ProducerRecord<>(TOPIC, i, null, "one of many"));
      }
      producer.commitTransaction();
      then.run();
    } finally {
      producer.close(Duration.ZERO);
    }
  }

  /** How many records are read to the end of all partitions, markers left out. */
  private static long committed(String bootstrap, int partitions) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed");
    List<TopicPartition> all =
        IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(TOPIC, i)).toList();
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    long count = 0;
    try (KafkaConsumer<String, String> reader =
            new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        KafkaConsumer<String, String> ofAll =
            new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap),
                new StringDeserializer(),
                new StringDeserializer())) {
      Map<TopicPartition, Long> ends = ofAll.endOffsets(all);
      reader.assign(all);
      reader.seekToBeginning(all);
      while (all.stream().anyMatch(each -> reader.position(each) < ends.get(each))) {
        assertThat(System.nanoTime())
            .as(() -> "records behind a transaction that nobody ends: " + reader.endOffsets(all))
            .isLessThan(deadline);
        count += reader.poll(Duration.ofMillis(100)).count();
      }
    }
    return count;
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

  private static void createTopic(String bootstrap, int partitions) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(TOPIC, partitions, (short) 1))).all().get();
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
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
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
