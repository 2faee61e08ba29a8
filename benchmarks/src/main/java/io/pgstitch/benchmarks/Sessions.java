package io.pgstitch.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Eight sessions of pgbench, of which one may have settings of its own, watched for a while. */
final class Sessions {
  private static final int NEIGHBOURS = 7;

  /** They must not end while they are watched. */
  private static final long CONNECTING_MILLIS = 800;

  private static final int ATTEMPTS = 3;

  private final Path directory;
  private final Effort effort;
  private int run;
  private String problem = "";

  Sessions(Path directory, Effort effort) {
    this.directory = directory;
    this.effort = effort;
  }

  /**
   * What was seen.
   *
   * @param one of the one session
   * @param others of the seven others
   * @param all of all eight
   * @param transactions that they ran in all, watched or not
   */
  record Watched(Window one, Window others, Window all, long transactions) {}

  /**
   * Runs them.
   *
   * @param ofOne options for one session
   * @param ofOthers options for the seven others
   */
  Watched watch(Database database, Load load, String ofOne, String ofOthers)
      throws IOException, InterruptedException {
    long unwatched = 0;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      long millis =
          effort.warmUpMillis()
              + effort.windowMillis()
              + CONNECTING_MILLIS * attempt * attempt * attempt;
      long seconds = (millis + 999) / 1000;
      run++;
      try (Pgbench one =
              new Pgbench(database, load, 1, seconds, ofOne, "bench_one_" + run, directory);
          Pgbench others =
              new Pgbench(
                  database,
                  load,
                  NEIGHBOURS,
                  seconds,
                  ofOthers,
                  "bench_others_" + run,
                  directory)) {
        Optional<Cpu> cpu = cpu(one, others);
        List<Pgbench.Transaction> transactions = one.transactions();
        List<Pgbench.Transaction> ofOtherSessions = others.transactions();
        unwatched += transactions.size() + ofOtherSessions.size();
        if (cpu.isPresent()) {
          return watched(cpu.get(), transactions, ofOtherSessions, unwatched);
        }
      }
    }
    throw new IllegalStateException(
        "the sessions ended before they had been watched, "
            + ATTEMPTS
            + " times; is the machine too busy? The last time: "
            + problem);
  }

  /** Processor time of backends between two points in time. */
  private record Cpu(long ofOne, long ofOthers, long fromMicros, long toMicros) {}

  /** Empty when the sessions ended meanwhile. */
  private Optional<Cpu> cpu(Pgbench one, Pgbench others) throws IOException, InterruptedException {
    try {
      List<Long> pidsOfOne = one.backends();
      List<Long> pidsOfOthers = others.backends();
      TimeUnit.MILLISECONDS.sleep(effort.warmUpMillis());
      long from = utcMicros();
      long ofOne = -cpuNanos(pidsOfOne);
      long ofOthers = -cpuNanos(pidsOfOthers);
      TimeUnit.MILLISECONDS.sleep(effort.windowMillis());
      ofOne += cpuNanos(pidsOfOne);
      ofOthers += cpuNanos(pidsOfOthers);
      return Optional.of(new Cpu(ofOne, ofOthers, from, utcMicros()));
    } catch (NoSuchFileException ended) {
      problem = ended.getMessage();
      return Optional.empty();
    }
  }

  private static Watched watched(
      Cpu cpu,
      List<Pgbench.Transaction> ofOne,
      List<Pgbench.Transaction> ofOthers,
      long transactions) {
    List<Pgbench.Transaction> all = new ArrayList<>(ofOne);
    all.addAll(ofOthers);
    return new Watched(
        window(ofOne, cpu.ofOne, cpu),
        window(ofOthers, cpu.ofOthers, cpu),
        window(all, cpu.ofOne + cpu.ofOthers, cpu),
        transactions);
  }

  private static Window window(List<Pgbench.Transaction> transactions, long cpuNanos, Cpu cpu) {
    List<Double> latencies =
        transactions.stream()
            .filter(t -> t.endUtcMicros() >= cpu.fromMicros && t.endUtcMicros() < cpu.toMicros)
            .map(Pgbench.Transaction::micros)
            .toList();
    if (latencies.isEmpty()) {
      throw new IllegalStateException("no transaction ended while the sessions were watched");
    }
    return new Window(
        cpuNanos / 1e3 / latencies.size(),
        latencies.size() * 1e6 / (cpu.toMicros - cpu.fromMicros),
        new Samples(latencies).quantile(0.99) / 1e3);
  }

  /** As the scheduler counts it, in nanoseconds; what a trap takes in the kernel is in it. */
  private static long cpuNanos(List<Long> pids) throws IOException {
    long sum = 0;
    for (long pid : pids) {
      String line = Files.readString(Path.of("/proc", String.valueOf(pid), "schedstat"));
      sum += Long.parseLong(line.substring(0, line.indexOf(' ')));
    }
    return sum;
  }

  private static long utcMicros() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
  }
}
