package io.pgstitch.collector.send;

import io.pgstitch.collector.encode.EncodedBatch;
import java.time.Duration;

/** The way to Kafka. Batches go in the order in which they were handed over. One thread uses it. */
interface BrokerLink {
  /** What became of the attempt to hand a batch over. */
  enum Handed {
    /** It is on its way; its outcome will be told. */
    ON_ITS_WAY,
    /** Nothing of it is on its way; it can be tried again. */
    NOT_NOW,
    /** Kafka will never take it. */
    NEVER
  }

  /** Told once of each batch that is on its way, by any thread. */
  interface Outcome {
    void acknowledged();

    /** Kafka will never take this batch; those behind it are on their way all the same. */
    void refused(Exception reason);

    /** The link itself is broken: what is on its way may or may not arrive. */
    void broken(Exception reason);
  }

  /**
   * Hands a batch over. Waits a second at most. Where it is not taken and the link turns out to be
   * broken, the outcome is told that.
   */
  Handed hand(EncodedBatch batch, Outcome outcome);

  /** Why the last batch could not be handed over, in words. */
  String lastProblem();

  /** Forgets what is on its way and begins anew. All outcomes have been told when it returns. */
  void reset();

  /** Ends it; what is on its way is given up after that time. All outcomes have been told then. */
  void close(Duration patience);
}
