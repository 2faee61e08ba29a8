package io.pgstitch.collector;

import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerBinary;
import io.pgstitch.collector.host.ServerFinder;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.collector.probe.AttachedBinary.AttachException;
import io.pgstitch.collector.probe.BinaryAttacher;
import io.pgstitch.collector.probe.FirstLooks;
import io.pgstitch.collector.probe.LayoutContradiction;
import io.pgstitch.collector.probe.MissingFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the probes in step with the servers that run: attaches to the binaries of new ones,
 * detaches from those that nobody has run for a while. A server that stops and starts again is a
 * new server; its first sessions are seen because the probes of its binary are still there.
 */
final class ServerWatch {
  private static final Logger LOG = LoggerFactory.getLogger(ServerWatch.class);

  /** How long the probes of a binary stay that nobody runs: longer than a restart takes. */
  private static final Duration KEPT = Duration.ofMinutes(1);

  private final ServerFinder finder;
  private final BackendProbe backends;
  private final BinaryAttacher attacher;
  private final FirstLooks firstLooks;
  private final Map<Integer, PostgresServer> servers = new ConcurrentHashMap<>();
  private final Map<ServerBinary, AttachedBinary> attached = new HashMap<>();
  private final Map<ServerBinary, Long> unusedSince = new HashMap<>();
  private final Map<ServerBinary, String> refused = new HashMap<>();
  private final Map<Integer, AttachedBinary> byIndex = new ConcurrentHashMap<>();
  private final Set<Integer> verified = ConcurrentHashMap.newKeySet();

  private final List<Integer> wanted;
  private final LongSupplier clock;

  /**
   * @param wanted servers and backends that are meant; empty: all servers
   * @param clock nanoseconds from any origin
   */
  ServerWatch(
      ServerFinder finder,
      BackendProbe backends,
      BinaryAttacher attacher,
      FirstLooks firstLooks,
      List<Integer> wanted,
      LongSupplier clock) {
    this.finder = finder;
    this.clock = clock;
    this.wanted = List.copyOf(wanted);
    this.backends = backends;
    this.attacher = attacher;
    this.firstLooks = firstLooks;
  }

  /** Whether a look would change something though no process has begun since the last one. */
  synchronized boolean isUnsettled() {
    return !unusedSince.isEmpty() || !servers.values().stream().allMatch(finder::runs);
  }

  /** Looks once. Not to be called by two threads at a time. */
  synchronized void scan() {
    List<PostgresServer> found = finder.find();
    Set<Integer> pids = new HashSet<>();
    Set<ServerBinary> binaries = new HashSet<>();
    Set<ServerBinary> all = new HashSet<>();
    for (PostgresServer server : found) {
      pids.add(server.pid());
      binaries.add(server.binary());
      if (wanted.isEmpty() || wanted.contains(server.pid())) {
        all.add(server.binary());
      }
    }
    detachUnused(binaries);
    for (PostgresServer server : found) {
      PostgresServer known = servers.get(server.pid());
      boolean fresh = known == null || known.startTicks() != server.startTicks();
      if (fresh) {
        LOG.info("found {} on port {}", server.version(), server.port());
        servers.put(server.pid(), server);
      } else if (known.port() == 0 && server.port() != 0) {
        servers.put(server.pid(), server);
      }
      attach(server, all.contains(server.binary()));
      AttachedBinary binary = attached.get(server.binary());
      if (fresh && binary != null) {
        firstLooks.attached(server, binary);
      }
    }
    for (PostgresServer gone : new ArrayList<>(servers.values())) {
      if (!pids.contains(gone.pid())) {
        LOG.warn("{} on port {} is gone", gone.version(), gone.port());
        servers.remove(gone.pid());
      }
    }
  }

  private void attach(PostgresServer server, boolean all) {
    if (attached.containsKey(server.binary()) || refused.containsKey(server.binary())) {
      return;
    }
    if (server.binaryReplaced()) {
      LOG.warn(
          "{} on port {} runs a binary that was replaced on disk since it started; it is traced,"
              + " restart it to run the new one",
          server.version(),
          server.port());
    }
    try {
      AttachedBinary binary = attacher.attach(server, freeIndex(), all);
      attached.put(server.binary(), binary);
      verified.remove(binary.index());
      byIndex.put(binary.index(), binary);
      binary.contradiction().ifPresent(why -> sayReduced(server.version(), why));
      for (MissingFunction missing : binary.missing()) {
        LOG.info(
            "not traced on port {}: {}: {}", server.port(), missing.symbol(), missing.reason());
      }
    } catch (AttachException e) {
      if (hasEnded(server)) {
        // Its binary was reached through its process; another server may run the same.
        LOG.warn(
            "{} on port {} ended while its probes were planted", server.version(), server.port());
        return;
      }
      refused.put(server.binary(), e.getMessage());
      LOG.error("cannot trace: {}", e.getMessage());
    }
  }

  private boolean hasEnded(PostgresServer server) {
    return finder.server(server.pid()).filter(s -> s.startTicks() == server.startTicks()).isEmpty();
  }

  private static void sayReduced(String version, String why) {
    LOG.warn("{}: {}: {}", version, why, AttachedBinary.WITHOUT_LAYOUT);
  }

  /** A backend has announced itself: what is known of its binary is held against it. */
  void announced(int index, int pid) {
    if (!verified.contains(index)) {
      verify(index, pid);
    }
  }

  private synchronized void verify(int index, int pid) {
    AttachedBinary known = byIndex.get(index);
    Optional<AttachedBinary> checked =
        known == null ? Optional.empty() : attacher.verify(known, pid);
    if (checked.isEmpty()) {
      return;
    }
    verified.add(index);
    AttachedBinary now = checked.get();
    if (known.contradiction().isEmpty() && now.contradiction().isPresent()) {
      sayReduced("process " + pid, now.contradiction().get());
      byIndex.put(index, now);
      attached.replaceAll((binary, old) -> old.index() == index ? now : old);
    }
  }

  /** The kernel programs have found a struct that is not as it should be. */
  synchronized void contradicted(int index, int pid, LayoutContradiction found) {
    AttachedBinary known = byIndex.get(index);
    AttachedBinary now = known == null ? null : known.without(found);
    if (now != known) {
      LOG.warn("process {}: {}", pid, found);
      byIndex.put(index, now);
      attached.replaceAll((binary, old) -> old.index() == index ? now : old);
    }
  }

  private void detachUnused(Set<ServerBinary> used) {
    long now = clock.getAsLong();
    unusedSince.keySet().removeAll(used);
    boolean full = attached.size() >= BinaryAttacher.MOST_BINARIES;
    for (ServerBinary binary : new ArrayList<>(attached.keySet())) {
      if (used.contains(binary)) {
        continue;
      }
      long since = unusedSince.computeIfAbsent(binary, b -> now);
      if (full || now - since >= KEPT.toNanos()) {
        unusedSince.remove(binary);
        // Its last events may still be in a ring: the index stays readable, and is not used
        // again while there is another.
        attacher.detach(attached.remove(binary));
      }
    }
    refused.keySet().retainAll(used);
  }

  private int freeIndex() {
    for (int i = 0; i < BinaryAttacher.MOST_BINARIES; i++) {
      if (!byIndex.containsKey(i)) {
        return i;
      }
    }
    for (int i = 0; i < BinaryAttacher.MOST_BINARIES; i++) {
      AttachedBinary old = byIndex.get(i);
      if (!attached.containsValue(old)) {
        return i;
      }
    }
    throw new IllegalStateException(
        "more than "
            + BinaryAttacher.MOST_BINARIES
            + " different PostgreSQL binaries run on this host");
  }

  /** The server of a postmaster, looked for at once when it is new. */
  Optional<PostgresServer> serverOf(int postmasterPid) {
    PostgresServer known = servers.get(postmasterPid);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<PostgresServer> found = finder.server(postmasterPid);
    found.ifPresent(s -> servers.put(s.pid(), s));
    return found;
  }

  /** What a backend runs, if it is a backend of a server that can be traced. */
  synchronized Optional<AttachedBinary> binaryOf(Procfs procfs, int pid) {
    return procfs
        .stat(pid)
        .filter(s -> servers.containsKey(s.parentPid()))
        .flatMap(s -> procfs.binary(pid))
        .map(attached::get);
  }

  /** A server whose probes are planted, and what it runs. */
  record Traced(PostgresServer server, AttachedBinary binary) {}

  /** Those servers. */
  synchronized List<Traced> traced() {
    List<Traced> traced = new ArrayList<>();
    for (PostgresServer server : servers.values()) {
      AttachedBinary binary = attached.get(server.binary());
      if (binary != null) {
        traced.add(new Traced(server, binary));
      }
    }
    return traced;
  }

  /** The binary that the kernel programs name by an index. */
  AttachedBinary binary(int index) {
    return byIndex.get(index);
  }

  /** What is watched now, with the reason for each server that cannot be. */
  synchronized List<CollectorStatus.Server> status() {
    List<CollectorStatus.Server> status = new ArrayList<>();
    for (PostgresServer server : servers.values()) {
      AttachedBinary binary = attached.get(server.binary());
      status.add(
          new CollectorStatus.Server(
              server.pid(),
              server.port(),
              server.versionNum(),
              server.version(),
              server.dataDirectory(),
              binary == null ? 0 : backends.countClients(server, binary.elf()),
              binary != null,
              refused.getOrDefault(server.binary(), ""),
              binary == null ? "" : binary.reduced(),
              binary == null ? 0 : binary.functions(),
              binary == null ? List.of() : binary.missing()));
    }
    return status;
  }
}
