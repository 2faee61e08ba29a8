package io.pgstitch.collector.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The symbols of a 64-bit little-endian ELF file and where they lie in it: exported ones always,
 * static ones where the file was not stripped.
 */
public final class ElfFile {
  private static final int PT_LOAD = 1;
  private static final int SHT_SYMTAB = 2;
  private static final int SHT_DYNSYM = 11;
  private static final int SECTION_HEADER = 64;
  private static final int SYMBOL = 24;

  private final ByteBuffer file;
  private final List<Segment> segments = new ArrayList<>();
  private final Map<String, Long> symbols = new HashMap<>();

  private record Segment(long offset, long address, long size) {}

  private ElfFile(ByteBuffer file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws IOException when it cannot be read or is not such an ELF file
   */
  public static ElfFile read(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer map = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      ElfFile elf = new ElfFile(map.order(ByteOrder.LITTLE_ENDIAN));
      elf.parse(path);
      return elf;
    } catch (IndexOutOfBoundsException e) {
      throw new IOException(path + " is a damaged ELF file", e);
    }
  }

  /** Virtual address of a symbol in the file, or 0 when it has none of that name. */
  public long address(String symbol) {
    return symbols.getOrDefault(symbol, 0L);
  }

  /**
   * Offset in the file of a virtual address.
   *
   * @throws IllegalArgumentException when no loaded segment holds it
   */
  public long fileOffset(long address) {
    for (Segment s : segments) {
      if (address >= s.address && address < s.address + s.size) {
        return address - s.address + s.offset;
      }
    }
    throw new IllegalArgumentException("no segment holds address " + Long.toHexString(address));
  }

  /**
   * Virtual address of an offset in the file.
   *
   * @throws IllegalArgumentException when no loaded segment holds it
   */
  public long addressAt(long offset) {
    for (Segment s : segments) {
      if (offset >= s.offset && offset < s.offset + s.size) {
        return offset - s.offset + s.address;
      }
    }
    throw new IllegalArgumentException("no segment holds offset " + Long.toHexString(offset));
  }

  /** The first text of printable ASCII that begins with a prefix, or null. */
  public String findText(String prefix) {
    byte[] wanted = prefix.getBytes(StandardCharsets.US_ASCII);
    int last = file.limit() - wanted.length;
    for (int i = 0; i <= last; i++) {
      if (file.get(i) == wanted[0] && matches(i, wanted)) {
        return textAt(i, 256);
      }
    }
    return null;
  }

  private boolean matches(int at, byte[] wanted) {
    for (int k = 1; k < wanted.length; k++) {
      if (file.get(at + k) != wanted[k]) {
        return false;
      }
    }
    return true;
  }

  private void parse(Path path) throws IOException {
    if (file.limit() < 64 || file.getInt(0) != 0x464c457f) {
      throw new IOException(path + " is not an ELF file");
    }
    if (file.get(4) != 2 || file.get(5) != 1) {
      throw new IOException(path + " is not a 64-bit little-endian ELF file");
    }
    int programHeaders = Math.toIntExact(file.getLong(32));
    int sectionHeaders = Math.toIntExact(file.getLong(40));
    for (int i = 0; i < file.getShort(56); i++) {
      int at = programHeaders + i * file.getShort(54);
      if (file.getInt(at) == PT_LOAD) {
        segments.add(
            new Segment(file.getLong(at + 8), file.getLong(at + 16), file.getLong(at + 32)));
      }
    }
    for (int i = 0; i < file.getShort(60); i++) {
      int at = sectionHeaders + i * SECTION_HEADER;
      int type = file.getInt(at + 4);
      if (type == SHT_DYNSYM || type == SHT_SYMTAB) {
        readSymbols(at, sectionHeaders + file.getInt(at + 40) * SECTION_HEADER);
      }
    }
  }

  private void readSymbols(int table, int strings) {
    int offset = Math.toIntExact(file.getLong(table + 24));
    int count = Math.toIntExact(file.getLong(table + 32) / SYMBOL);
    int names = Math.toIntExact(file.getLong(strings + 24));
    for (int i = 0; i < count; i++) {
      int at = offset + i * SYMBOL;
      int type = file.get(at + 4) & 0xf;
      long address = file.getLong(at + 8);
      // 1 object, 2 function; an undefined symbol has section 0.
      if ((type == 1 || type == 2) && file.getShort(at + 6) != 0 && address != 0) {
        symbols.putIfAbsent(textAt(names + file.getInt(at), 512), address);
      }
    }
  }

  private String textAt(int at, int most) {
    int n = 0;
    while (n < most && at + n < file.limit() && file.get(at + n) != 0) {
      n++;
    }
    byte[] bytes = new byte[n];
    file.get(at, bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}
