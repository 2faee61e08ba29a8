package io.pgstitch.benchmarks;

import io.pgstitch.testkit.EmbeddedKafka;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A Kafka broker as a process of its own, so that its work is not measured: {@code DIR}. */
public final class BrokerMain {
  private BrokerMain() {}

  /** Prints {@code ready HOST:PORT} and runs until the process is stopped. */
  public static void main(String[] arguments) throws InterruptedException {
    EmbeddedKafka kafka = EmbeddedKafka.start(Path.of(arguments[0]));
    Runtime.getRuntime().addShutdownHook(new Thread(kafka::close, "broker-stop"));
    System.out.println("ready " + kafka.bootstrapServers());
    new CountDownLatch(1).await();
  }
}
