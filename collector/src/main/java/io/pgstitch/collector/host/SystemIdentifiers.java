package io.pgstitch.collector.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The number that initdb gave to a server's files, as {@code pg_control_system()} shows it: the
 * first eight bytes of {@code global/pg_control} in every major (catalog/pg_control.h).
 */
public final class SystemIdentifiers {
  private static final int MOST_SERVERS = 256;

  private final Procfs procfs;
  private final Map<Key, Long> known = new ConcurrentHashMap<>();

  private record Key(int postmaster, long startTicks) {}

  /**
   * @param procfs through which the servers' files are reached, also in containers
   */
  public SystemIdentifiers(Procfs procfs) {
    this.procfs = procfs;
  }

  /** That of a server, 0 when its file cannot be read. */
  public long of(PostgresServer server) {
    Key key = new Key(server.pid(), server.startTicks());
    Long identifier = known.get(key);
    if (identifier == null) {
      identifier = read(procfs.inside(server.pid(), server.dataDirectory() + "/global/pg_control"));
      if (known.size() >= MOST_SERVERS) {
        known.clear();
      }
      if (identifier != 0) {
        known.put(key, identifier);
      }
    }
    return identifier;
  }

  private static long read(Path control) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    try (FileChannel file = FileChannel.open(control)) {
      return file.read(bytes) == Long.BYTES ? bytes.getLong(0) : 0;
    } catch (IOException unreadable) {
      return 0;
    }
  }
}
