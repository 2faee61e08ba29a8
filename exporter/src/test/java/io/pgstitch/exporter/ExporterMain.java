package io.pgstitch.exporter;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;

/** An exporter as a process of its own, to be killed. Its argument is a file of settings. */
final class ExporterMain {
  private ExporterMain() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Properties settings = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(args[0]))) {
      settings.load(reader);
    }
    try (Exporter exporter = new Exporter(ExporterSettings.from(settings, Map.of()))) {
      exporter.start();
      new CountDownLatch(1).await();
    }
  }
}
