package io.pgstitch.collector;

import io.pgstitch.bpf.KernelPrograms;

/**
 * What takes long at a start and touches no server, each on a thread of its own: the kernel
 * verifies the programs while Kafka is connected to.
 */
final class Preparation {
  private final Aside<KernelSide> kernel;
  private final Aside<KafkaSide> kafka;

  private Preparation(Aside<KernelSide> kernel, Aside<KafkaSide> kafka) {
    this.kernel = kernel;
    this.kafka = kafka;
  }

  /** Begins, and returns at once. */
  static Preparation begin(CollectorSettings settings) {
    return new Preparation(
        Aside.begin("pgstitch-load", () -> load(settings)),
        Aside.begin("pgstitch-connect", () -> KafkaSide.connect(settings)));
  }

  /**
   * Of all that a start does at once this takes longest, and cannot be shared by two processors.
   */
  private static KernelSide load(CollectorSettings settings) {
    // Where it may not, the start takes a little longer.
    boolean unused = KernelPrograms.preferThisThread();
    return KernelSide.load(settings);
  }

  /**
   * Both sides.
   *
   * @param kernel loaded
   * @param kafka connected
   */
  record Prepared(KernelSide kernel, KafkaSide kafka) {}

  /**
   * Waits for both.
   *
   * @throws CollectorException when Kafka or the kernel refuses; of both, Kafka's
   */
  Prepared await() {
    KafkaSide connected;
    try {
      connected = kafka.await();
    } catch (RuntimeException e) {
      kernel.awaitEnd();
      throw e;
    }
    return new Prepared(kernel.await(), connected);
  }

  /** Nobody will use it: what is there is closed, and what comes yet as soon as it is there. */
  void abandon() {
    kernel.abandon(KernelSide::close);
    kafka.abandon(KafkaSide::close);
  }
}
