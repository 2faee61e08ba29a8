package io.pgstitch.collector.probe;

import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.util.List;
import java.util.Optional;

/**
 * A binary whose probes are planted.
 *
 * @param index by which the kernel programs name it
 * @param elf its symbols
 * @param facts of its major version
 * @param names of its major version
 * @param attachments to take away again
 * @param missing wanted functions that this version does not have
 * @param plantedNanos CLOCK_MONOTONIC when the last probe was planted
 * @param contradiction why none of its structs is followed; empty when they are as they should be
 */
public record AttachedBinary(
    int index,
    ElfFile elf,
    PostgresFacts facts,
    EventNames names,
    List<Long> attachments,
    List<String> missing,
    long plantedNanos,
    Optional<String> contradiction) {

  /** What is not seen of a server whose structs are not followed. */
  public static final String WITHOUT_LAYOUT =
      "its statements are traced with text, time, CPU, commands, errors and functions; users,"
          + " databases, blocks, query ids, rows of nested statements and parallel workers are not";

  AttachedBinary contradictedBy(String what) {
    return new AttachedBinary(
        index, elf, facts, names, attachments, missing, plantedNanos, Optional.of(what));
  }

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
