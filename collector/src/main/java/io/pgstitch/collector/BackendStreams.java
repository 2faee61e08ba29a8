package io.pgstitch.collector;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.SessionRecord;
import io.pgstitch.collector.encode.BackendStream;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.collector.encode.BatchSink;
import io.pgstitch.collector.encode.CustomWaitNames;
import io.pgstitch.collector.encode.RelationNames;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.BackendStart;
import io.pgstitch.collector.host.CustomWaits;
import io.pgstitch.collector.host.DatabaseEncodings;
import io.pgstitch.collector.host.NamedTranches;
import io.pgstitch.collector.host.NamespacePids;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.host.SystemIdentifiers;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Opens the stream of a backend that the kernel announced. */
final class BackendStreams {
  private static final int MOST_SERVERS = 256;

  private final Backend origin;
  private final ServerWatch servers;
  private final NamespacePids pids;
  private final DatabaseEncodings encodings;
  private final SystemIdentifiers identifiers;
  private final RelationNames relations;
  private final StreamSettings settings;
  private final BatchSink sink;
  private final BackendProbe backends;
  private final Map<ServerKey, CustomWaitNames> customWaits =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ServerKey, CustomWaitNames> eldest) {
          return size() > MOST_SERVERS;
        }
      };

  private record ServerKey(int pid, long startTicks) {}

  /**
   * @param origin what the backends of this host have in common
   */
  BackendStreams(
      Backend origin,
      ServerWatch servers,
      NamespacePids pids,
      DatabaseEncodings encodings,
      SystemIdentifiers identifiers,
      RelationNames relations,
      BackendProbe backends,
      StreamSettings settings,
      BatchSink sink) {
    this.origin = origin;
    this.servers = servers;
    this.pids = pids;
    this.encodings = encodings;
    this.identifiers = identifiers;
    this.relations = relations;
    this.backends = backends;
    this.settings = settings;
    this.sink = sink;
  }

  BackendStream open(KernelEvent event) {
    SessionRecord session = event.session();
    servers.announced(session.binary(), event.pid());
    AttachedBinary binary = servers.binary(session.binary());
    // The names were read before the layout was found to be another.
    boolean named = binary.contradiction().isEmpty();
    Optional<PostgresServer> server = servers.serverOf(session.parentPid());
    Backend backend =
        Backend.newBuilder(origin)
            .setPid(event.pid())
            .setStartNs(session.startNanos())
            .setLeaderPid(leader(event))
            .setKind(kind(session.kind()))
            .setBackendType(type(session, named))
            .setWorkerContext(session.workerKnown() ? session.workerContext() : 0)
            .setWorkerNumber(session.workerKnown() ? session.workerNumber() : -1)
            .setDatabase(named ? text(session.database()) : "")
            .setUser(named ? text(session.user()) : "")
            .setApplicationName(text(session.applicationName()))
            .setClientAddress(named ? text(session.clientAddress()) : "")
            .setPostmasterPid(session.parentPid())
            .setServerPort(server.map(PostgresServer::port).orElse(0))
            .setServerVersionNum(server.map(PostgresServer::versionNum).orElse(0))
            .setDataDirectory(server.map(PostgresServer::dataDirectory).orElse(""))
            .setServerPid(session.serverPid())
            .setBackendStartUs(BackendStart.utcMicros(session.startTimestamp()))
            .setSystemIdentifier(server.map(identifiers::of).orElse(0L))
            .build();
    return new BackendStream(
        backend,
        event,
        binary.names(),
        encoding(server, backend),
        relations.of(session.parentPid(), server.map(PostgresServer::startTicks).orElse(-1L)),
        customWaits(server, session.parentPid(), binary),
        settings,
        sink);
  }

  private CustomWaitNames customWaits(
      Optional<PostgresServer> server, int postmaster, AttachedBinary binary) {
    ServerKey key = new ServerKey(postmaster, server.map(PostgresServer::startTicks).orElse(-1L));
    return customWaits.computeIfAbsent(
        key,
        k -> {
          CustomWaits waits = new CustomWaits(backends, binary.elf(), binary.facts().customWaits());
          NamedTranches tranches = new NamedTranches(backends, binary.elf());
          return new CustomWaitNames(
              () -> {
                Map<Integer, String> names = waits.read(postmaster);
                names.putAll(tranches.read(postmaster));
                return names;
              },
              System::nanoTime);
        });
  }

  private ServerEncoding encoding(Optional<PostgresServer> server, Backend backend) {
    return server.map(s -> encodings.of(s, backend.getDatabase())).orElse(ServerEncoding.UNKNOWN);
  }

  /** The leader's pid on the host, 0 for a process without one. */
  private int leader(KernelEvent event) {
    int leader = event.session().leaderPid();
    return leader == 0 ? 0 : pids.onHost(leader, event.pid()).orElse(leader);
  }

  private static BackendKind kind(int kind) {
    return switch (kind) {
      case SessionRecord.KIND_CLIENT -> BackendKind.CLIENT;
      case SessionRecord.KIND_PARALLEL_WORKER -> BackendKind.PARALLEL_WORKER;
      default -> BackendKind.OTHER;
    };
  }

  /** As pg_stat_activity.backend_type says it. */
  private static String type(SessionRecord session, boolean named) {
    return switch (session.kind()) {
      case SessionRecord.KIND_CLIENT -> "client backend";
      case SessionRecord.KIND_PARALLEL_WORKER -> "parallel worker";
      case SessionRecord.KIND_AUTOVACUUM -> "autovacuum worker";
      default -> named ? text(session.workerType()) : "";
    };
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
