package io.pgstitch.collector.encode;

import io.pgstitch.bpf.RelationRecord;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which relation a file belongs to, for all servers of the host: what their backends opened. The
 * number of a file is not the relation's OID once the relation was rewritten, and only the server
 * knows. The newest answer wins; what was never opened while the collector ran is not known. Holds
 * a bounded number of relations. Used by the thread that reads the kernel's events alone.
 */
public final class RelationNames {
  private static final int CAPACITY = 65_536;
  private static final long NANOS_PER_TICK = 10_000_000;

  private final Map<FileKey, Relation> byFile = bounded();
  private final Map<OidKey, Relation> byOid = bounded();
  private final FileKey wanted = new FileKey();

  /**
   * A relation.
   *
   * @param oid its OID
   * @param tablespace OID of where its file lies
   * @param name without schema, as the server has it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Relation(long oid, long tablespace, byte[] name) {}

  private record ServerKey(int pid, long startTicks) {}

  /** Mutable, to look up without an object; those in the map stay as they are. */
  private static final class FileKey {
    private ServerKey server;
    private long database;
    private int backend;
    private long file;

    FileKey of(ServerKey newServer, long newDatabase, int newBackend, long newFile) {
      server = newServer;
      database = newDatabase;
      backend = newBackend;
      file = newFile;
      return this;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof FileKey key
          && file == key.file
          && database == key.database
          && backend == key.backend
          && server.equals(key.server);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * Long.hashCode(file) + Long.hashCode(database)) + server.hashCode();
    }
  }

  private record OidKey(ServerKey server, long database, long oid) {}

  private static <K, V> Map<K, V> bounded() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > CAPACITY;
      }
    };
  }

  /** Takes what a backend told of a relation. */
  public void learn(RelationRecord told) {
    ServerKey server = new ServerKey(told.serverPid(), told.serverStartNanos() / NANOS_PER_TICK);
    Relation relation = new Relation(told.oid(), told.tablespace(), told.name());
    byFile.put(new FileKey().of(server, told.database(), told.backend(), told.file()), relation);
    byOid.put(new OidKey(server, told.database(), relation.oid()), relation);
  }

  /**
   * What is known of one server.
   *
   * @param pid of its postmaster
   * @param startTicks when the postmaster started, in clock ticks since boot
   */
  public OfServer of(int pid, long startTicks) {
    return new OfServer(new ServerKey(pid, startTicks));
  }

  /** One server's relations. */
  public final class OfServer {
    private final ServerKey server;

    private OfServer(ServerKey server) {
      this.server = server;
    }

    /**
     * The relation that a file belongs to, or null.
     *
     * @param backend whose temporary relation, -1 for a permanent one
     */
    Relation ofFile(long database, int backend, long file) {
      return byFile.get(wanted.of(server, database, backend, file));
    }

    /** The relation with this OID, or null. */
    Relation ofOid(long database, long oid) {
      return byOid.get(new OidKey(server, database, oid));
    }
  }
}
