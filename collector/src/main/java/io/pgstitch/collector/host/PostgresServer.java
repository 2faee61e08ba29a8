package io.pgstitch.collector.host;

import java.nio.file.Path;

/**
 * A running PostgreSQL server.
 *
 * @param pid of its postmaster
 * @param startTicks when the postmaster started, in clock ticks since boot: tells a reused pid
 * @param binary the executable it runs
 * @param executable path by which the executable can be opened even when it was deleted
 * @param root the file system that its processes see
 * @param binaryReplaced whether the path it was started from now holds another file, or none
 * @param versionNum as server_version_num, e.g. 150018; 0 when the executable does not say
 * @param version as the executable says it, e.g. "PostgreSQL 15.18 (Debian ...) on ..."
 * @param dataDirectory its data directory, empty when not readable
 * @param port its port, 0 when not known
 */
public record PostgresServer(
    int pid,
    long startTicks,
    ServerBinary binary,
    Path executable,
    Path root,
    boolean binaryReplaced,
    int versionNum,
    String version,
    String dataDirectory,
    int port) {

  /** The major version, e.g. 15. */
  public int major() {
    return versionNum / 10000;
  }
}
