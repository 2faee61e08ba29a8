package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.schema.SchemaRegistryException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.DeserializationExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends records that cannot be read or stitched to the dead letters, byte for byte, with headers
 * that say why; then goes on. When the schema registry cannot be asked the record may be fine, so
 * the thread fails and tries again.
 */
public final class DeadLetters
    implements DeserializationExceptionHandler,
        ProcessingExceptionHandler,
        ProductionExceptionHandler {
  /** Setting under which the counters are handed over. */
  public static final String COUNTERS = "pgstitch.counters";

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);
  private static final String HEADER = "__streams.errors.";

  private StitchCounters counters;
  private String topic;

  /** Configured by Kafka Streams. */
  public DeadLetters() {}

  @Override
  public void configure(Map<String, ?> configs) {
    counters = (StitchCounters) configs.get(COUNTERS);
    topic = (String) configs.get(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG);
  }

  @Override
  public DeserializationExceptionHandler.Response handleError(
      ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception exception) {
    if (exception instanceof SchemaRegistryException) {
      return DeserializationExceptionHandler.Response.fail();
    }
    return DeserializationExceptionHandler.Response.resume(
        List.of(letter(context, record.key(), record.value(), exception)));
  }

  @Override
  public ProcessingExceptionHandler.Response handleError(
      ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
    return ProcessingExceptionHandler.Response.resume(
        List.of(letter(context, context.sourceRawKey(), context.sourceRawValue(), exception)));
  }

  @Override
  public ProductionExceptionHandler.Response handleError(
      ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception exception) {
    if (exception instanceof RecordTooLargeException) {
      counters.add(Counter.OUTPUTS_TOO_LARGE, 1);
      LOG.error(
          "a record for topic {} is lost because it is too large: raise the topic's max.message.bytes and kafka.max.request.size, or lower trace.part.spans: {}",
          record.topic(),
          exception.getMessage());
      return ProductionExceptionHandler.Response.resume();
    }
    return ProductionExceptionHandler.Response.fail();
  }

  private ProducerRecord<byte[], byte[]> letter(
      ErrorHandlerContext context, byte[] key, byte[] value, Exception exception) {
    counters.add(Counter.DEAD_LETTERS, 1);
    LOG.warn(
        "record {}-{}@{} went to {}: {}",
        context.topic(),
        context.partition(),
        context.offset(),
        topic,
        exception.toString(),
        exception);
    RecordHeaders headers = new RecordHeaders();
    if (context.headers() != null) {
      // Among them, how often the record was retried.
      context.headers().forEach(headers::add);
    }
    add(headers, "exception", exception.getClass().getName());
    add(headers, "message", String.valueOf(exception.getMessage()));
    add(headers, "topic", context.topic());
    add(headers, "partition", Integer.toString(context.partition()));
    add(headers, "offset", Long.toString(context.offset()));
    return new ProducerRecord<>(topic, null, null, key, value, headers);
  }

  private static void add(RecordHeaders headers, String name, String value) {
    headers.add(HEADER + name, value.getBytes(StandardCharsets.UTF_8));
  }
}
