package io.pgstitch.testkit;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * The in-process broker as a process of its own, for tests that kill it: {@code EmbeddedKafkaMain
 * DIR PORT}. Prints {@code ready HOST:PORT} once it accepts clients and stops cleanly on SIGTERM.
 */
public final class EmbeddedKafkaMain {
  private EmbeddedKafkaMain() {}

  /** Runs until the process is stopped. */
  public static void main(String[] args) throws InterruptedException {
    if (args.length != 2) {
      System.err.println("usage: EmbeddedKafkaMain DIR PORT");
      System.exit(2);
    }
    EmbeddedKafka kafka = EmbeddedKafka.start(Path.of(args[0]), Integer.parseInt(args[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(kafka::close, "embedded-kafka-stop"));
    System.out.println("ready " + kafka.bootstrapServers());
    new CountDownLatch(1).await();
  }
}
