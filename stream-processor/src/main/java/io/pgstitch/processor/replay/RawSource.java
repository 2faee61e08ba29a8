package io.pgstitch.processor.replay;

import java.util.List;
import java.util.Optional;

/**
 * Raw events that can be read more than once with the same result. All batches of a session are in
 * one stream, in their order.
 */
public interface RawSource extends AutoCloseable {

  /** Takes what is read. */
  interface Reader {
    /** The next batch. */
    void record(RawRecord record);

    /**
     * How far the stream was read.
     *
     * @param part from 0 to 1
     */
    void reached(double part);
  }

  /** Streams to read, by number. */
  List<Integer> streams();

  /** How much a stream has, in any unit that all streams share. */
  long size(int stream);

  /**
   * Reads one stream from its beginning to its end.
   *
   * @throws ReplayException when it cannot be read on
   */
  void read(int stream, Reader reader);

  /** Names the source for ever: id of the topic or of the recording. */
  String id();

  /** Records that were passed over because they are none of ours or damaged. */
  long undecodable();

  /** What is not there any more, in words, known before it is read; empty when nothing is. */
  Optional<String> missing();

  /** What of it could not be read, in words, known once it was read; empty when nothing is. */
  Optional<String> damage();

  @Override
  void close();
}
