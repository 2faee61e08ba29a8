package io.pgstitch.processor.replay;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.TraceRecords;

/** Takes what was stitched again, in order. */
public interface ReplayOutput {
  /**
   * A trace or a part of one.
   *
   * @param key key of its raw events
   * @param place where it belongs; the same in each replay of the same events
   */
  void trace(String key, Place place, QueryTrace trace);

  /** The next records of a session. */
  void records(String key, Place place, TraceRecords records);

  /**
   * Place of an output.
   *
   * @param stream stream of its events
   * @param number ascends within the stream; follows from the position of the batch that finished
   *     it, so that events before and after do not change it
   */
  record Place(int stream, long number) {}
}
