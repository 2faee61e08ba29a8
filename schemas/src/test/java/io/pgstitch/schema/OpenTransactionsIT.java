package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.KafkaUnderTest;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real broker: which transactions hold up a partition, and which are at work. */
class OpenTransactionsIT {
  private static final TopicPartition HELD = new TopicPartition("held", 0);
  private static final TopicPartition BUSY = new TopicPartition("busy", 0);
  private static final Duration STILL = Duration.ofSeconds(40);
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path dir;

  @Test
  void theTransactionThatDoesNotEndIsFoundAndNoOther() throws Exception {
    try (KafkaUnderTest kafka = KafkaUnderTest.start(dir);
        Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
        var hanging = producer(kafka, "hanging");
        var working = producer(kafka, "working")) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(HELD.topic(), 1, (short) 1),
                  new NewTopic(BUSY.topic(), 1, (short) 1)))
          .all()
          .get();
      commit(hanging, HELD);
      hanging.beginTransaction();
      Instant began = Instant.now();
      send(hanging, HELD);
      commit(working, HELD);
      commit(working, HELD);
      working.beginTransaction();
      send(working, BUSY);

      OpenTransactions transactions =
          new OpenTransactions(
              admin, Set.of(HELD.topic(), BUSY.topic(), "not-there"), STILL, LIMIT);
      Instant first = Instant.now();
      assertThat(transactions.look(first)).as("a first look").isEmpty();
      assertThat(transactions.look(first.plus(STILL))).as("too young").isEmpty();
      working.commitTransaction();
      working.beginTransaction();
      send(working, BUSY);

      List<OpenTransaction> found = transactions.look(first.plus(LIMIT));
      assertThat(found).hasSize(1);
      OpenTransaction open = found.get(0);
      assertThat(open.partition()).isEqualTo(HELD);
      assertThat(open.offset()).as("behind a record and its marker").isEqualTo(2);
      assertThat(open.waiting()).as("its record, two others, two markers").isEqualTo(5);
      assertThat(open.since()).isEqualTo(first);
      assertThat(open.writer().orElseThrow().lastRecord()).isBetween(began.minusMillis(1), first);
      assertThat(open.writer().orElseThrow().id()).isEqualTo(producerId(admin));
      assertThat(transactions.look(first.plus(LIMIT).plus(LIMIT)))
          .extracting(OpenTransaction::partition)
          .as("both, when neither goes on")
          .containsExactlyInAnyOrder(HELD, BUSY);

      theRolesSayIt(kafka, admin, open.writer().orElseThrow());
      working.commitTransaction();
      assertThat(transactions.look(first.plus(LIMIT).plus(LIMIT))).isEmpty();
    }
  }

  /** The thread that the roles have counts it, and counts it no more when it has ended. */
  private static void theRolesSayIt(
      KafkaUnderTest kafka, Admin admin, OpenTransaction.Writer writer) throws Exception {
    Duration blink = Duration.ofMillis(50);
    OpenTransactionPace pace = new OpenTransactionPace(blink, blink, blink, PATIENCE);
    try (OpenTransactionWatch watch =
        new OpenTransactionWatch(
            admin, kafka.bootstrapServers(), Set.of(HELD.topic()), pace, Clock.systemUTC())) {
      watch.start();
      await(watch, 1);
      assertThat(watch.count(HELD.topic())).isEqualTo(1);
      assertThat(watch.count(BUSY.topic())).isZero();
      abort(admin, writer);
      await(watch, 0);
    }
  }

  /** As kafka-transactions.sh does, with what was found. */
  private static void abort(Admin admin, OpenTransaction.Writer writer) throws Exception {
    admin
        .abortTransaction(new AbortTransactionSpec(HELD, writer.id(), (short) writer.epoch(), 0))
        .all()
        .get();
  }

  private static void await(OpenTransactionWatch watch, long count) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (watch.count() != count) {
      assertThat(System.nanoTime()).as("%d counted", watch.count()).isLessThan(end);
      Thread.sleep(20);
    }
  }

  private static long producerId(Admin admin) throws Exception {
    return admin.describeTransactions(List.of("hanging")).description("hanging").get().producerId();
  }

  private static void commit(KafkaProducer<byte[], byte[]> producer, TopicPartition to)
      throws Exception {
    producer.beginTransaction();
    send(producer, to);
    producer.commitTransaction();
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, TopicPartition to)
      throws Exception {
    producer.send(new ProducerRecord<>(to.topic(), to.partition(), null, new byte[] {1})).get();
  }

  private static KafkaProducer<byte[], byte[]> producer(KafkaUnderTest kafka, String id) {
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "transactional.id",
                id,
                "transaction.timeout.ms",
                "600000"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }
}
