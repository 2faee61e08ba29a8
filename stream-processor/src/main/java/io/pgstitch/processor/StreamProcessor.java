package io.pgstitch.processor;

import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.topology.StitchTopology;
import io.pgstitch.schema.OpenTransactionPace;
import io.pgstitch.schema.OpenTransactionWatch;
import io.pgstitch.schema.SchemaRegistries;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.TopicPlan;
import io.pgstitch.schema.TopicProvisioner;
import io.pgstitch.schema.Topics;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stream processor: stitches until it is closed. */
public final class StreamProcessor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamProcessor.class);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);
  private static final long RETRY_DELAY_MS = 1_000;

  private final ProcessorSettings settings;
  private final StitchCounters counters = new StitchCounters();
  private final SchemaRegistry registry;
  private final KafkaStreams streams;
  private final Admin admin;
  private final OpenTransactionWatch openTransactions;
  private final CountDownLatch running = new CountDownLatch(1);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private volatile boolean closing;

  /** Prepares it; nothing is connected yet. */
  public StreamProcessor(ProcessorSettings settings) {
    this(settings, OpenTransactionPace.STANDARD);
  }

  StreamProcessor(ProcessorSettings settings, OpenTransactionPace pace) {
    this.settings = settings;
    this.registry = SchemaRegistries.from(settings.registry());
    StitchTopology topology =
        new StitchTopology(settings.limits(), counters, settings.times(), registry);
    this.streams = new KafkaStreams(topology.get(), StreamsProperties.of(settings, counters));
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING || now == KafkaStreams.State.ERROR) {
            running.countDown();
          }
        });
    streams.setUncaughtExceptionHandler(this::threadFailed);
    this.admin = Admin.create(new HashMap<String, Object>(settings.kafka()));
    this.openTransactions =
        new OpenTransactionWatch(
            admin,
            settings.kafka().get("bootstrap.servers"),
            topics(settings),
            pace,
            Clock.systemUTC());
  }

  /** All that it reads and writes. */
  private static Set<String> topics(ProcessorSettings settings) {
    return new HashSet<>(
        List.of(
            Topics.RAW_EVENTS,
            Topics.QUERY_TRACES,
            Topics.TRACE_RECORDS,
            Topics.OPEN_QUERIES,
            settings.deadLetterTopic(),
            StitchTopology.changelog(settings.applicationId())));
  }

  /**
   * Creates missing topics and starts to stitch.
   *
   * @throws org.apache.kafka.common.KafkaException when the brokers cannot be reached or refuse,
   *     naming cause and remedy
   */
  public void start() {
    if (settings.createTopics()) {
      TopicProvisioner.ensure(
          admin,
          new TopicPlan(
              settings.topicPartitions(), settings.topicReplication(), settings.rawRetention()));
    }
    streams.start();
    openTransactions.start();
  }

  /**
   * Waits until partitions are assigned and their state is restored.
   *
   * @throws IllegalStateException when that takes longer, or the processor failed
   */
  public void awaitRunning(Duration timeout) throws InterruptedException {
    boolean inTime = running.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    if (!inTime || streams.state() == KafkaStreams.State.ERROR) {
      throw new IllegalStateException(
          "the processor is %s after %s; its log says why"
              .formatted(streams.state(), inTime ? "an error" : timeout),
          failure.get());
    }
  }

  /**
   * What ended the stitching before {@link #close}, empty while it works. A thread that failed and
   * was replaced is no end.
   */
  public Optional<String> failure() {
    KafkaStreams.State state = streams.state();
    boolean ended =
        state == KafkaStreams.State.PENDING_ERROR
            || state == KafkaStreams.State.ERROR
            || (state.hasCompletedShutdown() && !closing);
    if (!ended) {
      return Optional.empty();
    }
    Throwable cause = failure.get();
    return Optional.of("Kafka Streams is " + state + (cause == null ? "" : ": " + cause));
  }

  /** What was counted, by name; the module's README explains the names. */
  public Map<String, Long> counters() {
    Map<String, Long> all = counters.snapshot();
    all.put("open_transactions", openTransactions.count());
    return all;
  }

  /** Commits what is done and leaves. What is open stays in the changelog. */
  @Override
  public void close() {
    closing = true;
    openTransactions.close();
    admin.close(Duration.ZERO);
    // A static member keeps its place through a restart. Another one must give it up, or the next
    // start waits until it is missed.
    GroupMembershipOperation place =
        settings.instanceId().isEmpty()
            ? GroupMembershipOperation.LEAVE_GROUP
            : GroupMembershipOperation.REMAIN_IN_GROUP;
    if (!streams.close(CloseOptions.timeout(CLOSE_TIMEOUT).withGroupMembershipOperation(place))) {
      LOG.warn(
          "the processor did not stop within {}; the next start repeats what was not committed",
          CLOSE_TIMEOUT);
    }
    registry.close();
  }

  private StreamThreadExceptionResponse threadFailed(Throwable cause) {
    failure.set(cause);
    LOG.error("a stream thread failed and is replaced; nothing committed is lost", cause);
    try {
      Thread.sleep(RETRY_DELAY_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }
    return StreamThreadExceptionResponse.REPLACE_THREAD;
  }
}
