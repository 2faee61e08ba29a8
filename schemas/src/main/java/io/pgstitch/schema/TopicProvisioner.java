package io.pgstitch.schema;

import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_COMPACT;
import static org.apache.kafka.common.config.TopicConfig.CLEANUP_POLICY_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.DELETE_RETENTION_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MAX_COMPACTION_LAG_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MAX_MESSAGE_BYTES_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.RETENTION_MS_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_BYTES_CONFIG;
import static org.apache.kafka.common.config.TopicConfig.SEGMENT_MS_CONFIG;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the topics of pgstitch where they are missing, and leaves those that exist alone. */
public final class TopicProvisioner {
  private static final Logger LOG = LoggerFactory.getLogger(TopicProvisioner.class);
  private static final Duration SHOWN_WITHIN = Duration.ofSeconds(60);
  private static final Duration DERIVED_RETENTION = Duration.ofDays(7);
  private static final Duration ANSWER_RETENTION = Duration.ofHours(1);
  private static final Duration COMPACTED_WITHIN = Duration.ofMinutes(5);
  private static final int COMPACTED_SEGMENT_BYTES = 16 << 20;
  private static final Duration DEAD_LETTER_RETENTION = Duration.ofDays(14);

  /** Largest record of our topics; producers allow as much. */
  public static final int MAX_MESSAGE_BYTES = 8 << 20;

  private TopicProvisioner() {}

  /**
   * Creates what is missing and returns once a broker shows all of them: the controller answers
   * before the brokers know, and a Streams application that starts in between gives up for the lack
   * of its source topic. Safe to be called by many processes at once.
   *
   * @throws KafkaException naming the topic, the cause and what to do about it
   */
  public static void ensure(Admin admin, TopicPlan plan) {
    List<NewTopic> missing = missing(admin, plan);
    create(admin, missing);
    awaitShown(admin, plan, System.nanoTime() + SHOWN_WITHIN.toNanos());
  }

  private static void create(Admin admin, List<NewTopic> missing) {
    Map<String, KafkaFuture<Void>> results = admin.createTopics(missing).values();
    for (NewTopic topic : missing) {
      try {
        results.get(topic.name()).get();
        LOG.info("created topic {} with {} partitions", topic.name(), topic.numPartitions());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) { // else another process was first
          throw failed("cannot create topic " + topic, e);
        }
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }

  private static void awaitShown(Admin admin, TopicPlan plan, long deadlineNanos) {
    List<NewTopic> missing = missing(admin, plan);
    while (!missing.isEmpty()) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new KafkaException(
            "the brokers do not show the topics "
                + missing.stream().map(NewTopic::name).toList()
                + " "
                + SHOWN_WITHIN.toSeconds()
                + " s after they were created. Check that the brokers follow their controller, and that the user may DESCRIBE topics named pgstitch.*.");
      }
      try {
        TimeUnit.MILLISECONDS.sleep(50);
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
      missing = missing(admin, plan);
    }
  }

  private static List<NewTopic> missing(Admin admin, TopicPlan plan) {
    try {
      var existing = admin.listTopics().names().get();
      return planned(plan).stream().filter(topic -> !existing.contains(topic.name())).toList();
    } catch (ExecutionException e) {
      throw failed("cannot list the topics of the Kafka cluster", e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private static KafkaException failed(String what, ExecutionException e) {
    return new KafkaException(
        what
            + ": "
            + e.getCause().getMessage()
            + ". Check bootstrap.servers, that replication is at most the number of brokers, and that the user may DESCRIBE and CREATE topics named pgstitch.*, or create them by hand.",
        e.getCause());
  }

  private static List<NewTopic> planned(TopicPlan plan) {
    return List.of(
        // Stream time is taken from the records' own timestamps.
        topic(Topics.RAW_EVENTS, plan.partitions(), plan, "CreateTime", plan.rawRetention()),
        // These inherit timestamps of their input. When old input is replayed, retention must
        // count from its arrival here, or the broker would delete the results at once.
        topic(Topics.QUERY_TRACES, plan.partitions(), plan, "LogAppendTime", DERIVED_RETENTION),
        topic(Topics.TRACE_RECORDS, plan.partitions(), plan, "LogAppendTime", DERIVED_RETENTION),
        topic(Topics.DEAD_LETTERS, 1, plan, "LogAppendTime", DEAD_LETTER_RETENTION),
        topic(Topics.CONTROL, 1, plan, "CreateTime", DERIVED_RETENTION),
        topic(Topics.SESSIONS, 1, plan, "CreateTime", ANSWER_RETENTION),
        compacted(Topics.OPEN_QUERIES, plan.partitions(), plan),
        // Of one partition: a reader sees rules in the order in which they were set.
        compacted(Topics.SAMPLING, 1, plan));
  }

  /** Of each key the newest record counts: a reader reads it all to see what is so now. */
  private static NewTopic compacted(String name, int partitions, TopicPlan plan) {
    NewTopic topic = topic(name, partitions, plan, "CreateTime", ANSWER_RETENTION);
    topic.configs().remove(RETENTION_MS_CONFIG);
    topic.configs().put(CLEANUP_POLICY_CONFIG, CLEANUP_POLICY_COMPACT);
    topic.configs().put(DELETE_RETENTION_MS_CONFIG, Long.toString(ANSWER_RETENTION.toMillis()));
    // Only closed segments are compacted, and what is not is read again at each start.
    topic.configs().put(SEGMENT_MS_CONFIG, Long.toString(COMPACTED_WITHIN.toMillis()));
    topic.configs().put(SEGMENT_BYTES_CONFIG, Integer.toString(COMPACTED_SEGMENT_BYTES));
    topic.configs().put(MAX_COMPACTION_LAG_MS_CONFIG, Long.toString(COMPACTED_WITHIN.toMillis()));
    return topic;
  }

  private static NewTopic topic(
      String name, int partitions, TopicPlan plan, String timestamps, Duration retention) {
    Map<String, String> config = new HashMap<>();
    config.put(RETENTION_MS_CONFIG, Long.toString(retention.toMillis()));
    config.put(MESSAGE_TIMESTAMP_TYPE_CONFIG, timestamps);
    // A statement's text may have a mebibyte, and travels with the events of its batch.
    config.put(MAX_MESSAGE_BYTES_CONFIG, Integer.toString(MAX_MESSAGE_BYTES));
    if (plan.replication() >= 3) {
      config.put(MIN_IN_SYNC_REPLICAS_CONFIG, "2"); // an acknowledged batch survives one broker
    }
    return new NewTopic(name, partitions, plan.replication()).configs(config);
  }
}
