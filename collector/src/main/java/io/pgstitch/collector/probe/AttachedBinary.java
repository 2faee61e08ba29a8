package io.pgstitch.collector.probe;

import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.PostgresServer;
import java.util.List;

/**
 * A binary whose probes are planted.
 *
 * @param index by which the kernel programs name it
 * @param elf its symbols
 * @param names of its major version
 * @param attachments to take away again
 * @param functions how many of the detailed tier are traced
 * @param missing wanted functions that are not
 */
public record AttachedBinary(
    int index,
    ElfFile elf,
    EventNames names,
    List<Long> attachments,
    int functions,
    List<MissingFunction> missing) {

  /** Why a server cannot be traced; the message names cause and remedy. */
  public static final class AttachException extends Exception {
    private static final long serialVersionUID = 1L;

    AttachException(PostgresServer server, String why) {
      super("server " + server.pid() + " (" + server.version() + "): " + why);
    }

    AttachException(PostgresServer server, String why, Throwable cause) {
      this(server, why + ": " + cause.getMessage());
      initCause(cause);
    }
  }
}
