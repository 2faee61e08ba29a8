package io.pgstitch.schema;

import java.util.List;
import org.apache.avro.Schema;

/** Names of the Kafka topics through which the parts of pgstitch talk, and what they carry. */
public final class Topics {
  /** {@link RawEventBatch}es, from the collectors to the stream processor. */
  public static final String RAW_EVENTS = "pgstitch.raw-events";

  /** {@link QueryTrace}s, from the stream processor to the exporters. */
  public static final String QUERY_TRACES = "pgstitch.query-traces";

  /** {@link TraceRecords}, from the stream processor to the exporters. */
  public static final String TRACE_RECORDS = "pgstitch.trace-records";

  /** {@link ControlCommand}s, from operators to the collectors. */
  public static final String CONTROL = "pgstitch.control";

  /** {@link SessionReport}s, from the collectors to operators. */
  public static final String SESSIONS = "pgstitch.sessions";

  /** {@link OpenQuery}s, compacted: the statements that run now, from the stream processor. */
  public static final String OPEN_QUERIES = "pgstitch.open-queries";

  /** {@link SamplingOrder}s, compacted: the sampling rules, from operators to the collectors. */
  public static final String SAMPLING = "pgstitch.sampling";

  /** Records of any of the other topics that could not be processed, byte for byte as they were. */
  public static final String DEAD_LETTERS = "pgstitch.dead-letters";

  private Topics() {}

  /** All topics of pgstitch. */
  public static List<String> all() {
    return List.of(
        RAW_EVENTS,
        QUERY_TRACES,
        TRACE_RECORDS,
        CONTROL,
        SESSIONS,
        OPEN_QUERIES,
        SAMPLING,
        DEAD_LETTERS);
  }

  /** The topics whose values have a schema, in the order in which data flows. */
  public static List<String> withSchema() {
    return List.of(
        RAW_EVENTS, QUERY_TRACES, TRACE_RECORDS, CONTROL, SESSIONS, OPEN_QUERIES, SAMPLING);
  }

  /**
   * The schema that this build writes to a topic.
   *
   * @throws IllegalArgumentException when the topic is none of {@link #withSchema}
   */
  public static Schema schemaOf(String topic) {
    return switch (topic) {
      case RAW_EVENTS -> RawEventBatch.getClassSchema();
      case QUERY_TRACES -> QueryTrace.getClassSchema();
      case TRACE_RECORDS -> TraceRecords.getClassSchema();
      case CONTROL -> ControlCommand.getClassSchema();
      case SESSIONS -> SessionReport.getClassSchema();
      case OPEN_QUERIES -> OpenQuery.getClassSchema();
      case SAMPLING -> SamplingOrder.getClassSchema();
      default ->
          throw new IllegalArgumentException(
              "topic '" + topic + "' has no schema, only " + withSchema() + " have one");
    };
  }

  /** Subject of the registry under which the schema of a topic's values is kept. */
  public static String subjectOf(String topic) {
    return topic + "-value";
  }
}
