package io.pgstitch.collector;

import io.pgstitch.bpf.Detail;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.control.SessionControl;
import io.pgstitch.collector.host.BackendMemory;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.BackendStart;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.SessionNames;
import io.pgstitch.collector.host.SystemIdentifiers;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.SessionDetail;
import io.pgstitch.schema.TracedSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The client sessions of the traced servers, those that did nothing yet as well: what the kernel
 * announced of a session is taken from there, the rest is read from its process.
 */
final class SessionDirectory {
  /** NAMEDATALEN of stock builds is 64; others are longer. */
  private static final int LONGEST_NAME = 1024;

  private final Backend origin;
  private final ServerWatch servers;
  private final BackendProbe backends;
  private final Procfs procfs;
  private final SystemIdentifiers identifiers;
  private final SeenSessions seen;
  private final List<Integer> wanted;
  private final FirstLevel firstLevel;
  private final Detail detail;

  /**
   * @param origin what the backends of this host have in common
   * @param wanted pids of servers and backends; empty: all servers of the host
   * @param firstLevel level of a session that nothing was heard of
   * @param detail what levels 4, 8 and 12 see that are not a session's own
   */
  SessionDirectory(
      Backend origin,
      ServerWatch servers,
      BackendProbe backends,
      Procfs procfs,
      SeenSessions seen,
      List<Integer> wanted,
      FirstLevel firstLevel,
      Detail detail) {
    this.origin = origin;
    this.servers = servers;
    this.backends = backends;
    this.procfs = procfs;
    this.identifiers = new SystemIdentifiers(procfs);
    this.seen = seen;
    this.wanted = List.copyOf(wanted);
    this.firstLevel = firstLevel;
    this.detail = detail;
  }

  /** As {@link SessionControl#sessions} says. */
  List<TracedSession> sessions(int pid) {
    long utcMinusBoot = HostClock.utcNanos() - HostClock.bootNanos();
    List<TracedSession> sessions = new ArrayList<>();
    for (ServerWatch.Traced traced : servers.traced()) {
      List<Integer> pids =
          pid == SessionControl.ALL
              ? backends.clients(traced.server(), traced.binary().elf())
              : backends.isClientOf(pid, traced.server(), traced.binary().elf())
                  ? List.of(pid)
                  : List.of();
      for (int each : pids) {
        if (isWanted(each, traced.server())) {
          session(each, traced, utcMinusBoot).ifPresent(sessions::add);
        }
      }
    }
    return sessions;
  }

  private boolean isWanted(int pid, PostgresServer server) {
    return wanted.isEmpty() || wanted.contains(pid) || wanted.contains(server.pid());
  }

  private Optional<TracedSession> session(int pid, ServerWatch.Traced traced, long utcMinusBoot) {
    Optional<Procfs.Stat> stat = procfs.stat(pid);
    if (stat.isEmpty()) {
      return Optional.empty();
    }
    long ticks = stat.get().startTicks();
    Backend.Builder backend =
        Backend.newBuilder(
            seen.backend(pid, ticks)
                .orElseGet(() -> read(pid, ticks, traced.server(), traced.binary())));
    applicationName(pid, traced.binary()).ifPresent(backend::setApplicationName);
    Backend known = backend.build();
    int mode =
        seen.mode(pid, ticks).orElseGet(() -> firstLevel.of(known, isKnown(traced.binary())));
    return Optional.of(
        new TracedSession(
            known,
            mode & Levels.TRACE,
            (mode & Levels.FUNCTIONS) != 0,
            utcMinusBoot + ticks * Procfs.NANOS_PER_TICK,
            detail(mode)));
  }

  private SessionDetail detail(int mode) {
    if ((mode & Levels.TRACE) == 0) {
      return SessionDetail.NOTHING;
    }
    return switch (detail.at(mode)) {
      case STATEMENTS -> SessionDetail.STATEMENTS;
      case CALLS -> SessionDetail.CALLS;
      case PHASES -> SessionDetail.PHASES;
    };
  }

  private Backend read(int pid, long ticks, PostgresServer server, AttachedBinary binary) {
    SessionNames names = names(pid, binary);
    return Backend.newBuilder(origin)
        .setPid(pid)
        .setServerPid(variable(pid, binary, "MyProcPid").intValue())
        .setBackendStartUs(BackendStart.utcMicros(variable(pid, binary, "MyStartTimestamp")))
        .setSystemIdentifier(identifiers.of(server))
        .setStartNs(ticks * Procfs.NANOS_PER_TICK)
        .setKind(BackendKind.CLIENT)
        .setUser(names.user())
        .setDatabase(names.database())
        .setClientAddress(names.client())
        .setPostmasterPid(server.pid())
        .setServerPort(server.port())
        .setServerVersionNum(server.versionNum())
        .setDataDirectory(server.dataDirectory())
        .build();
  }

  /** From struct Port; from the process title where the structs are not known. */
  private SessionNames names(int pid, AttachedBinary binary) {
    String title = backends.title(pid);
    if (!isKnown(binary)) {
      return SessionNames.ofTitle(title);
    }
    try (BackendMemory memory = backends.memory(pid, binary.elf()).orElse(null)) {
      long port = memory == null ? 0 : memory.pointer("MyProcPort");
      if (port == 0) {
        return SessionNames.ofTitle(title);
      }
      return new SessionNames(
          text(memory, port + binary.facts().offset("port.user_name")),
          text(memory, port + binary.facts().offset("port.database_name")),
          text(memory, port + binary.facts().offset("port.remote_host")));
    }
  }

  private static boolean isKnown(AttachedBinary binary) {
    return binary.contradiction().isEmpty() && binary.facts().isKnown();
  }

  /** The variable of that name (utils/guc.h), exported by all majors. */
  private Optional<String> applicationName(int pid, AttachedBinary binary) {
    try (BackendMemory memory = backends.memory(pid, binary.elf()).orElse(null)) {
      long address = memory == null ? 0 : memory.pointer("application_name");
      return address == 0 ? Optional.empty() : memory.text(address, LONGEST_NAME);
    }
  }

  /** Eight bytes of a variable, 0 when they cannot be read. */
  private Long variable(int pid, AttachedBinary binary, String name) {
    try (BackendMemory memory = backends.memory(pid, binary.elf()).orElse(null)) {
      return memory == null ? 0L : memory.pointer(name);
    }
  }

  private static String text(BackendMemory memory, long pointer) {
    long address = memory.word(pointer);
    return address == 0 ? "" : memory.text(address, LONGEST_NAME).orElse("");
  }
}
