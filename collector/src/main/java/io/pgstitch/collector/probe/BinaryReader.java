package io.pgstitch.collector.probe;

import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.host.ServerBinary;
import io.pgstitch.collector.postgres.FactSource;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what has to be known of the executables that servers run, before anything is planted. */
public final class BinaryReader {
  private static final Logger LOG = LoggerFactory.getLogger(BinaryReader.class);

  private final FactSource source;
  private final Map<ServerBinary, ReadBinary> ahead = new ConcurrentHashMap<>();

  /**
   * @param source of the layouts of PostgreSQL's majors
   */
  public BinaryReader(FactSource source) {
    this.source = source;
  }

  /**
   * What an executable says.
   *
   * @param facts about its major
   */
  record ReadBinary(ElfFile elf, FunctionSymbols functions, PostgresFacts facts) {}

  /** Reads what a server runs and keeps it for who attaches to it. */
  public void readAhead(PostgresServer server) {
    try {
      ahead.put(server.binary(), readNow(server));
    } catch (IOException e) {
      LOG.debug("{} is read when it is attached to", server.executable(), e);
    }
  }

  /** What a server runs; what was read ahead is given once. */
  ReadBinary read(PostgresServer server) throws IOException {
    ReadBinary known = ahead.remove(server.binary());
    return known != null ? known : readNow(server);
  }

  /**
   * Forgets what was read ahead and not asked for: once its server is gone, another file may get
   * the number of its executable.
   */
  public void forget() {
    ahead.clear();
  }

  private ReadBinary readNow(PostgresServer server) throws IOException {
    ElfFile elf = ElfFile.read(server.executable());
    return new ReadBinary(
        elf, FunctionSymbols.of(elf, server.root()), PostgresFacts.ofAny(server.major(), source));
  }
}
