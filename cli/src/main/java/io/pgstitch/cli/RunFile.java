package io.pgstitch.cli;

import io.pgstitch.collector.host.Procfs;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/**
 * What a running pipeline tells the commands that look for it.
 *
 * @param command by which it was started
 * @param pid of its process
 * @param startTicks start of that process, which tells a pid that was used again
 * @param host name of this host in its events
 * @param brokers bootstrap servers of its Kafka
 * @param config its properties file, which says how else to reach Kafka; empty without one
 * @param traces directory of its trace files; empty when it writes none
 */
record RunFile(
    String command,
    int pid,
    long startTicks,
    String host,
    String brokers,
    Optional<Path> config,
    Optional<Path> traces) {

  /** Of this process. */
  static RunFile ofThisProcess(
      String command, String host, String brokers, Optional<Path> config, Optional<Path> traces) {
    int pid = Math.toIntExact(ProcessHandle.current().pid());
    long start = Procfs.system().stat(pid).map(Procfs.Stat::startTicks).orElse(0L);
    return new RunFile(
        command,
        pid,
        start,
        host,
        brokers,
        config.map(Path::toAbsolutePath),
        traces.map(Path::toAbsolutePath));
  }

  /** Whether the process is there. */
  boolean isAlive(Procfs procfs) {
    return procfs.stat(pid).map(stat -> stat.startTicks() == startTicks).orElse(false);
  }

  Properties toProperties() {
    Properties p = new Properties();
    p.setProperty("command", command);
    p.setProperty("pid", String.valueOf(pid));
    p.setProperty("start.ticks", String.valueOf(startTicks));
    p.setProperty("host", host);
    p.setProperty("kafka.bootstrap.servers", brokers);
    config.ifPresent(file -> p.setProperty("config", file.toString()));
    traces.ifPresent(directory -> p.setProperty("traces", directory.toString()));
    return p;
  }

  /** Reads what {@link #toProperties} wrote; empty for anything else. */
  static Optional<RunFile> of(Properties p) {
    try {
      return Optional.of(
          new RunFile(
              p.getProperty("command", ""),
              Integer.parseInt(p.getProperty("pid", "")),
              Long.parseLong(p.getProperty("start.ticks", "")),
              p.getProperty("host", ""),
              p.getProperty("kafka.bootstrap.servers", ""),
              Optional.ofNullable(p.getProperty("config")).map(Path::of),
              Optional.ofNullable(p.getProperty("traces")).map(Path::of)));
    } catch (IllegalArgumentException damaged) {
      return Optional.empty();
    }
  }
}
