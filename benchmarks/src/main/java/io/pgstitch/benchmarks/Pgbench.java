package io.pgstitch.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A run of pgbench that writes down each of its transactions. */
final class Pgbench implements AutoCloseable {
  private static final Pattern PROCESSED =
      Pattern.compile("number of transactions actually processed: (\\d+)");
  private static final long CONNECTED_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Database database;
  private final Process process;
  private final String application;
  private final int clients;
  private final Path log;

  /**
   * A transaction.
   *
   * @param endUtcMicros when it ended
   * @param micros how long it took
   */
  record Transaction(long endUtcMicros, double micros) {}

  /**
   * Starts it.
   *
   * @param options for its sessions, as in PGOPTIONS
   * @param directory for its log
   */
  Pgbench(
      Database database,
      Load load,
      int clients,
      long seconds,
      String options,
      String application,
      Path directory) {
    this.database = database;
    this.application = application;
    this.clients = clients;
    this.log = directory.resolve(application);
    List<String> arguments = new ArrayList<>(load.arguments());
    arguments.addAll(
        List.of("-n", "-c", String.valueOf(clients), "-j", "1", "-T", String.valueOf(seconds)));
    arguments.addAll(List.of("-l", "--log-prefix=" + log));
    arguments.add("dbname=postgres application_name=" + application + " options='" + options + "'");
    this.process = database.server().client().startPgbench(arguments.toArray(String[]::new));
  }

  /**
   * Waits until all clients are connected, and returns the pids of their backends. Before them
   * pgbench has a connection of its own, to look at its tables, which is gone after a moment.
   *
   * @throws NoSuchFileException when they are not there any more
   */
  List<Long> backends() throws NoSuchFileException {
    long deadline = System.nanoTime() + CONNECTED_WITHIN_NANOS;
    while (System.nanoTime() < deadline) {
      List<Long> pids =
          database
              .server()
              .client()
              .sql(
                  "select pid from pg_stat_activity where application_name = '"
                      + application
                      + "' and clock_timestamp() - backend_start > interval '300 ms'")
              .lines()
              .map(Long::parseLong)
              .toList();
      if (pids.size() == clients) {
        return pids;
      }
      if (!process.isAlive()) {
        break;
      }
    }
    throw new NoSuchFileException(application, null, "its sessions have ended or never began");
  }

  /**
   * Waits for its end and returns what it wrote down.
   *
   * @throws IllegalStateException when it failed, or wrote down another number than it counted
   */
  List<Transaction> transactions() throws IOException, InterruptedException {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    Matcher processed = PROCESSED.matcher(out);
    if (process.waitFor() != 0 || !processed.find()) {
      throw new IllegalStateException("pgbench failed: " + err);
    }
    List<Transaction> transactions = logged();
    if (transactions.size() != Long.parseLong(processed.group(1))) {
      throw new IllegalStateException(
          "pgbench counted " + processed.group(1) + " and logged " + transactions.size());
    }
    return transactions;
  }

  private List<Transaction> logged() throws IOException {
    List<Transaction> transactions = new ArrayList<>();
    String prefix = log.getFileName() + ".";
    List<Path> files;
    try (Stream<Path> all = Files.list(log.getParent())) {
      files = all.filter(file -> file.getFileName().toString().startsWith(prefix)).toList();
    }
    for (Path file : files) {
      try (Stream<String> lines = Files.lines(file)) {
        lines
            .map(line -> line.split(" ", -1))
            .forEach(
                f ->
                    transactions.add(
                        new Transaction(
                            Long.parseLong(f[4]) * 1_000_000 + Long.parseLong(f[5]),
                            Double.parseDouble(f[2]))));
      }
      Files.delete(file);
    }
    return transactions;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
