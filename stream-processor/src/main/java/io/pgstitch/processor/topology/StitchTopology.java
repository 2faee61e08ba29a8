package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.schema.AvroDeserializer;
import io.pgstitch.schema.AvroSerializer;
import io.pgstitch.schema.OpenQuery;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SchemaRegistry;
import io.pgstitch.schema.Topics;
import io.pgstitch.schema.TraceRecords;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/** Raw event batches in, query traces and trace records out. */
public final class StitchTopology {
  static final String STORE = "sessions";
  static final String TRACES_SINK = "query-traces";
  static final String RECORDS_SINK = "trace-records";
  static final String OPEN_QUERIES_SINK = "open-queries";

  private static final String SOURCE = "raw-events";
  private static final String PROCESSOR = "stitch";

  private final StitchLimits limits;
  private final StitchCounters counters;
  private final SessionTimes times;
  private final SchemaRegistry registry;

  /**
   * Values for all tasks.
   *
   * @param times how long it waits
   */
  public StitchTopology(
      StitchLimits limits, StitchCounters counters, SessionTimes times, SchemaRegistry registry) {
    this.limits = limits;
    this.counters = counters;
    this.times = times;
    this.registry = registry;
  }

  /** The topic in which Kafka Streams keeps the sessions' states. */
  public static String changelog(String applicationId) {
    return applicationId + "-" + STORE + "-changelog";
  }

  /** The wired topology. */
  public Topology get() {
    StringSerializer key = new StringSerializer();
    Topology topology =
        new Topology()
            .addSource(
                SOURCE,
                new StringDeserializer(),
                new AvroDeserializer<>(RawEventBatch.class, registry),
                Topics.RAW_EVENTS)
            .addProcessor(
                PROCESSOR, () -> new StitchProcessor(limits, counters, times, false), SOURCE)
            .addStateStore(
                Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray())
                    .withCachingDisabled(),
                PROCESSOR)
            .addSink(
                TRACES_SINK,
                Topics.QUERY_TRACES,
                key,
                new AvroSerializer<>(QueryTrace.class, registry),
                PROCESSOR)
            .addSink(
                RECORDS_SINK,
                Topics.TRACE_RECORDS,
                key,
                new AvroSerializer<>(TraceRecords.class, registry),
                PROCESSOR);
    if (times.publishesOpenQueries()) {
      topology.addSink(
          OPEN_QUERIES_SINK,
          Topics.OPEN_QUERIES,
          key,
          new AvroSerializer<>(OpenQuery.class, registry),
          PROCESSOR);
    }
    return topology;
  }
}
