package io.pgstitch.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Eight sessions of pgbench, of which one may have settings of its own, watched for a while. */
final class Sessions {
  private static final int NEIGHBOURS = 7;

  /** They must not end while they are watched. */
  private static final long CONNECTING_MILLIS = 500;

  private final Path directory;
  private final Effort effort;
  private int run;

  Sessions(Path directory, Effort effort) {
    this.directory = directory;
    this.effort = effort;
  }

  /** What was seen of the one, of the seven others, and of all. */
  record Watched(Window one, Window others, Window all) {}

  /**
   * Runs them.
   *
   * @param ofOne options for one session
   * @param ofOthers options for the seven others
   */
  Watched watch(Database database, Load load, String ofOne, String ofOthers)
      throws IOException, InterruptedException {
    long millis = effort.warmUpMillis() + effort.windowMillis() + CONNECTING_MILLIS;
    long seconds = (millis + 999) / 1000;
    run++;
    try (Pgbench one =
            new Pgbench(database, load, 1, seconds, ofOne, "bench_one_" + run, directory);
        Pgbench others =
            new Pgbench(
                database, load, NEIGHBOURS, seconds, ofOthers, "bench_others_" + run, directory)) {
      List<Long> pidsOfOne = one.backends();
      List<Long> pidsOfOthers = others.backends();
      TimeUnit.MILLISECONDS.sleep(effort.warmUpMillis());
      long from = utcMicros();
      long cpuOne = -cpuNanos(pidsOfOne);
      long cpuOthers = -cpuNanos(pidsOfOthers);
      TimeUnit.MILLISECONDS.sleep(effort.windowMillis());
      cpuOne += cpuNanos(pidsOfOne);
      cpuOthers += cpuNanos(pidsOfOthers);
      long to = utcMicros();
      List<Pgbench.Transaction> ofOneSession = one.transactions();
      List<Pgbench.Transaction> ofOtherSessions = others.transactions();
      List<Pgbench.Transaction> all = new ArrayList<>(ofOneSession);
      all.addAll(ofOtherSessions);
      return new Watched(
          window(ofOneSession, cpuOne, from, to),
          window(ofOtherSessions, cpuOthers, from, to),
          window(all, cpuOne + cpuOthers, from, to));
    }
  }

  private static Window window(
      List<Pgbench.Transaction> transactions, long cpuNanos, long from, long to) {
    List<Double> latencies =
        transactions.stream()
            .filter(t -> t.endUtcMicros() >= from && t.endUtcMicros() < to)
            .map(Pgbench.Transaction::micros)
            .toList();
    if (latencies.isEmpty()) {
      throw new IllegalStateException("no transaction ended while the sessions were watched");
    }
    return new Window(
        cpuNanos / 1e3 / latencies.size(),
        latencies.size() * 1e6 / (to - from),
        new Samples(latencies).quantile(0.99) / 1e3,
        transactions.size());
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
