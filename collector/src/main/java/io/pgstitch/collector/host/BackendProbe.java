package io.pgstitch.collector.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Looks into the memory of running backends, read only, through /proc/PID/mem. */
public final class BackendProbe {
  private final Procfs procfs;

  /**
   * @param procfs where processes are found
   */
  public BackendProbe(Procfs procfs) {
    this.procfs = procfs;
  }

  /**
   * How many client backends a server has now: its child processes whose MyProcPort is set.
   *
   * @param elf the server's executable
   */
  public int countClients(PostgresServer server, ElfFile elf) {
    int clients = 0;
    List<Integer> pids = procfs.pids();
    for (int pid : pids) {
      boolean child =
          procfs.stat(pid).map(s -> s.parentPid() == server.pid()).orElse(false)
              && procfs.binary(pid).map(b -> b.equals(server.binary())).orElse(false);
      if (child && readPointer(pid, elf, "MyProcPort") != 0) {
        clients++;
      }
    }
    return clients;
  }

  /** The value of a pointer variable in a process, 0 when it cannot be read. */
  private long readPointer(int pid, ElfFile elf, String symbol) {
    long address = elf.address(symbol);
    long bias = loadBias(pid, elf);
    if (address == 0 || bias < 0) {
      return 0;
    }
    ByteBuffer value = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    Path memory = procfs.file(pid, "mem");
    try (FileChannel channel = FileChannel.open(memory, StandardOpenOption.READ)) {
      return channel.read(value, bias + address) == 8 ? value.getLong(0) : 0;
    } catch (IOException gone) {
      return 0;
    }
  }

  /** Where the executable was loaded: its first mapping, less that segment's address. */
  private long loadBias(int pid, ElfFile elf) {
    String executable = procfs.executableName(pid).orElse("");
    try {
      for (String line : Files.readAllLines(procfs.file(pid, "maps"))) {
        if (line.endsWith(executable)) {
          long start = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
          String[] fields = line.split(" +", 6);
          return start - elf.addressAt(Long.parseLong(fields[2], 16));
        }
      }
    } catch (IOException | IllegalArgumentException gone) {
      return -1;
    }
    return -1;
  }
}
