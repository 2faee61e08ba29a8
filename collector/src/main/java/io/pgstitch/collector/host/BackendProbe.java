package io.pgstitch.collector.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the client backends of servers and opens their memory. */
public final class BackendProbe {
  private final Procfs procfs;

  /**
   * @param procfs where processes are found
   */
  public BackendProbe(Procfs procfs) {
    this.procfs = procfs;
  }

  /**
   * How many client backends a server has now.
   *
   * @param elf the server's executable
   */
  public int countClients(PostgresServer server, ElfFile elf) {
    return clients(server, elf).size();
  }

  /** Pids of the client backends that a server has now: child processes whose MyProcPort is set. */
  public List<Integer> clients(PostgresServer server, ElfFile elf) {
    List<Integer> clients = new ArrayList<>();
    for (int pid : procfs.pids()) {
      if (isClientOf(pid, server, elf)) {
        clients.add(pid);
      }
    }
    return clients;
  }

  /** Whether a process is one of {@link #clients}. */
  public boolean isClientOf(int pid, PostgresServer server, ElfFile elf) {
    return procfs.stat(pid).map(s -> s.parentPid() == server.pid()).orElse(false)
        && procfs.binary(pid).map(b -> b.equals(server.binary())).orElse(false)
        && isClient(pid, elf);
  }

  private boolean isClient(int pid, ElfFile elf) {
    try (BackendMemory memory = memory(pid, elf).orElse(null)) {
      return memory != null && memory.pointer("MyProcPort") != 0;
    }
  }

  /** The memory of a process that runs this executable; empty when it cannot be read. */
  public Optional<BackendMemory> memory(int pid, ElfFile elf) {
    return BackendMemory.open(procfs, pid, elf);
  }

  /** How a process shows itself in ps: user, database and client of a backend are in it. */
  public String title(int pid) {
    return procfs.read(pid, "cmdline").map(t -> t.replace('\0', ' ').trim()).orElse("");
  }
}
