package io.pgstitch.exporter.sink;

import org.apache.avro.specific.SpecificRecord;

/**
 * Makes sinks of one type. Implementations are found with {@link java.util.ServiceLoader}.
 *
 * @param <T> type of the records its sinks take
 */
public interface SinkFactory<T extends SpecificRecord> {

  /** Name of the type, as in {@code sink.NAME.type}; lower case. */
  String name();

  /** Topic its sinks read. */
  String topic();

  /** Class of that topic's records. */
  Class<T> recordType();

  /**
   * Makes a sink.
   *
   * @throws SinkSettingsException when settings are missing or wrong; names all of them
   */
  Sink<T> create(SinkSettings settings);
}
