package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.testkit.KafkaUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicProvisionerIT {
  private static final TopicPlan PLAN = new TopicPlan(3, (short) 1, Duration.ofHours(5));

  private KafkaUnderTest kafka;
  private Admin admin;

  @BeforeEach
  void start(@TempDir Path dir) {
    kafka = KafkaUnderTest.start(dir);
    admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
  }

  @AfterEach
  void stop() {
    admin.close();
    kafka.close();
  }

  @Test
  void allTopicsAreMadeAsPlanned() throws Exception {
    TopicProvisioner.ensure(admin, PLAN);
    assertThat(topics()).containsExactlyInAnyOrderElementsOf(Topics.all());
    assertThat(partitions(Topics.RAW_EVENTS)).isEqualTo(3);
    assertThat(partitions(Topics.QUERY_TRACES)).isEqualTo(3);
    assertThat(setting(Topics.RAW_EVENTS, "retention.ms")).isEqualTo("18000000");
    assertThat(setting(Topics.RAW_EVENTS, "message.timestamp.type")).isEqualTo("CreateTime");
    assertThat(setting(Topics.OPEN_QUERIES, "cleanup.policy")).isEqualTo("compact");
    assertThat(setting(Topics.DEAD_LETTERS, "message.timestamp.type")).isEqualTo("LogAppendTime");
  }

  @Test
  void topicsThatExistStayAsTheyAre() throws Exception {
    admin
        .createTopics(List.of(new NewTopic(Topics.RAW_EVENTS, 1, (short) 1)))
        .all()
        .get(30, TimeUnit.SECONDS);
    TopicProvisioner.ensure(admin, PLAN);
    TopicProvisioner.ensure(admin, PLAN);
    assertThat(topics()).containsExactlyInAnyOrderElementsOf(Topics.all());
    assertThat(partitions(Topics.RAW_EVENTS)).isEqualTo(1);
  }

  @Test
  void moreCopiesThanBrokersIsAnErrorWithARemedy() {
    assertThatThrownBy(
            () -> TopicProvisioner.ensure(admin, new TopicPlan(1, (short) 3, Duration.ofDays(1))))
        .isInstanceOf(KafkaException.class)
        .hasMessageContaining(Topics.RAW_EVENTS)
        .hasMessageContaining("replication is at most the number of brokers");
  }

  private Set<String> topics() throws Exception {
    return admin.listTopics().names().get(30, TimeUnit.SECONDS);
  }

  private int partitions(String topic) throws Exception {
    return admin
        .describeTopics(List.of(topic))
        .allTopicNames()
        .get(30, TimeUnit.SECONDS)
        .get(topic)
        .partitions()
        .size();
  }

  private String setting(String topic, String name) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return admin
        .describeConfigs(List.of(resource))
        .all()
        .get(30, TimeUnit.SECONDS)
        .get(resource)
        .get(name)
        .value();
  }
}
