package io.pgstitch.collector;

import java.io.FileReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;

/**
 * A collector as a process of its own, for tests that kill it: {@code CollectorMain FILE}. Prints
 * {@code ready} once every statement is seen, and stops cleanly on SIGTERM.
 */
final class CollectorMain {
  private CollectorMain() {}

  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    try (Reader in = new FileReader(args[0], StandardCharsets.UTF_8)) {
      settings.load(in);
    }
    Collector collector = new Collector(CollectorSettings.from(settings));
    collector.start();
    Runtime.getRuntime().addShutdownHook(new Thread(collector::close, "stop"));
    System.out.println("ready");
    new CountDownLatch(1).await();
  }
}
