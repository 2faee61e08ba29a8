package io.pgstitch.collector.probe;

import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A binary whose probes are planted.
 *
 * @param index by which the kernel programs name it
 * @param symbols its functions
 * @param facts of its major version
 * @param names of its major version
 * @param tiers planted in all processes that run it
 * @param attachments to take away again
 * @param functions how many of the detailed tier are traced
 * @param missing wanted functions that are not
 * @param plantedNanos CLOCK_MONOTONIC when the last probe was planted
 * @param contradiction why none of its structs is followed; empty when they are as they should be
 * @param contradictions what was found of single structs since, one for each part
 */
public record AttachedBinary(
    int index,
    FunctionSymbols symbols,
    PostgresFacts facts,
    EventNames names,
    EnumSet<Probe.Tier> tiers,
    List<Long> attachments,
    int functions,
    List<MissingFunction> missing,
    long plantedNanos,
    Optional<String> contradiction,
    List<LayoutContradiction> contradictions) {

  /** What is not seen of a server whose structs are not followed. */
  public static final String WITHOUT_LAYOUT =
      "its statements are traced with text, time, CPU, commands, errors and functions; users,"
          + " databases, blocks, query ids, rows of nested statements and parallel workers are not";

  /** Its executable. */
  public ElfFile elf() {
    return symbols.elf();
  }

  AttachedBinary contradictedBy(String what) {
    return new AttachedBinary(
        index,
        symbols,
        facts,
        names,
        tiers,
        attachments,
        functions,
        missing,
        plantedNanos,
        Optional.of(what),
        contradictions);
  }

  /** The same without structs of which something was found; of each part the first is kept. */
  public AttachedBinary without(LayoutContradiction found) {
    if (contradictions.stream().anyMatch(c -> c.part() == found.part())) {
      return this;
    }
    List<LayoutContradiction> all = new ArrayList<>(contradictions);
    all.add(found);
    return new AttachedBinary(
        index,
        symbols,
        facts,
        names,
        tiers,
        attachments,
        functions,
        missing,
        plantedNanos,
        contradiction,
        List.copyOf(all));
  }

  /** Why structs are not followed; empty when all are. */
  public String reduced() {
    return contradiction.orElseGet(
        () ->
            contradictions.stream()
                .map(LayoutContradiction::toString)
                .collect(Collectors.joining("; ")));
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
