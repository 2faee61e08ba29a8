package io.pgstitch.collector.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The memory of one running backend, read only, through /proc/PID/mem. What cannot be read, because
 * the process is gone or the address is none, reads as 0 or as nothing.
 */
public final class BackendMemory implements AutoCloseable {
  private final Path maps;
  private final FileChannel channel;
  private final ElfFile elf;
  private final long bias;

  private BackendMemory(Path maps, FileChannel channel, ElfFile elf, long bias) {
    this.maps = maps;
    this.channel = channel;
    this.elf = elf;
    this.bias = bias;
  }

  /** Opens a process's memory; empty when the process is gone or may not be read. */
  static Optional<BackendMemory> open(Procfs procfs, int pid, ElfFile elf) {
    long bias = loadBias(procfs, pid, elf);
    if (bias < 0) {
      return Optional.empty();
    }
    try {
      FileChannel channel = FileChannel.open(procfs.file(pid, "mem"), StandardOpenOption.READ);
      return Optional.of(new BackendMemory(procfs.file(pid, "maps"), channel, elf, bias));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  /** Where the executable is loaded. */
  public long bias() {
    return bias;
  }

  /** Whether the executable exports a variable of this name. */
  public boolean has(String symbol) {
    return elf.address(symbol) != 0;
  }

  /** The value of a pointer variable of the executable, 0 when it has none of this name. */
  public long pointer(String symbol) {
    long address = elf.address(symbol);
    return address == 0 ? 0 : word(bias + address);
  }

  /** Where the mapping begins that an address lies in, 0 when there is none. */
  public long mappingOf(long address) {
    try {
      for (String line : Files.readAllLines(maps)) {
        String[] range = line.substring(0, line.indexOf(' ')).split("-", 2);
        long start = Long.parseUnsignedLong(range[0], 16);
        if (start <= address && address < Long.parseUnsignedLong(range[1], 16)) {
          return start;
        }
      }
    } catch (IOException | IllegalArgumentException gone) {
      return 0;
    }
    return 0;
  }

  /** Eight bytes at an address. */
  public long word(long address) {
    ByteBuffer value = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    return read(value, address) == Long.BYTES ? value.getLong(0) : 0;
  }

  /**
   * The C string at an address.
   *
   * @param longest bytes that are looked at; empty when it has no end within them
   */
  public Optional<String> text(long address, int longest) {
    ByteBuffer bytes = ByteBuffer.allocate(longest);
    int length = read(bytes, address);
    for (int i = 0; i < length; i++) {
      if (bytes.get(i) == 0) {
        return Optional.of(new String(bytes.array(), 0, i, StandardCharsets.UTF_8));
      }
    }
    return Optional.empty();
  }

  private int read(ByteBuffer into, long address) {
    if (address <= 0) {
      return 0;
    }
    try {
      return channel.read(into, address);
    } catch (IOException unmapped) {
      return 0;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Where the executable was loaded: its first mapping, less that segment's address. */
  private static long loadBias(Procfs procfs, int pid, ElfFile elf) {
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
