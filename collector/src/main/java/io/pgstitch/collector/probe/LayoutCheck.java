package io.pgstitch.collector.probe;

import io.pgstitch.collector.host.BackendMemory;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.util.Optional;

/**
 * Holds the struct layouts of a major version against a running client backend: what is read by
 * them must agree with what the backend says of itself in other ways. A build that was compiled
 * with other structs, e.g. a fork of PostgreSQL, is found so before any of its structs is followed.
 */
public final class LayoutCheck {
  /** NAMEDATALEN of stock builds is 64; others are longer. */
  private static final int LONGEST_NAME = 1024;

  private final BackendProbe backends;

  /**
   * @param backends finds the backends and their memory
   */
  public LayoutCheck(BackendProbe backends) {
    this.backends = backends;
  }

  /**
   * What the comparison with one backend said.
   *
   * @param contradiction empty when all agreed
   */
  public record Verdict(Optional<String> contradiction) {
    private static final Verdict AGREES = new Verdict(Optional.empty());

    private static Optional<Verdict> contradicted(String what) {
      return Optional.of(new Verdict(Optional.of(what)));
    }
  }

  /** Compares with one client backend; empty when it is gone or shows nothing to compare with. */
  public Optional<Verdict> compare(int pid, ElfFile elf, PostgresFacts facts) {
    try (BackendMemory memory = backends.memory(pid, elf).orElse(null)) {
      if (memory == null) {
        return Optional.empty();
      }
      long port = memory.pointer("MyProcPort");
      Optional<Verdict> process = compareProcess(memory, facts);
      Optional<Verdict> verdict =
          process.isPresent() ? process : comparePort(memory, port, pid, facts);
      // The memory of a process that ends meanwhile reads as zeros.
      return port != 0 && memory.pointer("MyProcPort") == port ? verdict : Optional.empty();
    }
  }

  /** From 14 on the server itself points at the word that 13 keeps in PGPROC. */
  private static Optional<Verdict> compareProcess(BackendMemory memory, PostgresFacts facts) {
    long process = memory.pointer("MyProc");
    long word = memory.pointer("my_wait_event_info");
    if (process == 0 || word == 0 || word == process + facts.offset("pgproc.wait_event_info")) {
      return Optional.empty();
    }
    return Verdict.contradicted(
        "PGPROC.wait_event_info lies at " + (word - process) + ", not where this major has it");
  }

  /**
   * The names and the client in struct Port are those of the process title
   * (utils/misc/ps_status.c).
   */
  private Optional<Verdict> comparePort(
      BackendMemory memory, long port, int pid, PostgresFacts facts) {
    String title = backends.title(pid);
    if (port == 0 || !title.startsWith("postgres: ")) {
      return Optional.empty();
    }
    Optional<String> user = name(memory, port, facts.offset("port.user_name"));
    Optional<String> database = name(memory, port, facts.offset("port.database_name"));
    Optional<String> client = name(memory, port, facts.offset("port.remote_host"));
    if (user.isEmpty() || database.isEmpty() || client.isEmpty()) {
      return Verdict.contradicted("struct Port has no names where this major has them");
    }
    if (title.contains(" walsender ")) {
      // A replication connection may have no database, and its title none.
      return Optional.empty();
    }
    String names = user.get() + " " + database.get() + " " + client.get();
    if (title.contains(" " + names)) {
      return Optional.of(Verdict.AGREES);
    }
    return Verdict.contradicted(
        "struct Port says '"
            + names
            + "' of user, database and client, the process title '"
            + title
            + "'");
  }

  private static Optional<String> name(BackendMemory memory, long port, int offset) {
    long address = memory.word(port + offset);
    return address == 0 ? Optional.of("") : memory.text(address, LONGEST_NAME);
  }
}
