package io.pgstitch.collector.host;

import io.pgstitch.collector.host.SymbolTable.Symbol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The symbols of a 64-bit little-endian ELF file and where they lie in it: exported ones always,
 * static ones where the file was not stripped. Format: elf.h.
 */
public final class ElfFile {
  private static final long SHF_EXECINSTR = 4;
  private static final int SHT_NOTE = 7;
  private static final int SHT_NOBITS = 8;
  private static final int PT_LOAD = 1;
  private static final int SHT_SYMTAB = 2;
  private static final int SHT_DYNSYM = 11;
  private static final int SECTION_HEADER = 64;

  private final ByteBuffer file;
  private final List<Segment> segments = new ArrayList<>();
  private final List<Section> sections = new ArrayList<>();
  private final List<SymbolTable> tables = new ArrayList<>();
  private Set<String> functionNames;
  private boolean symbolTable;

  private record Segment(long offset, long address, long size) {}

  /** A section; its content is not in the file of type NOBITS. */
  private record Section(String name, int type, long flags, long address, long offset, long size) {}

  private ElfFile(ByteBuffer file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws IOException when it cannot be read or is not such an ELF file
   */
  public static ElfFile read(Path path) throws IOException {
    return parse(mapped(path), path.toString());
  }

  /**
   * The first text of a file's constants that begins with a prefix, without reading its symbols;
   * empty when there is none.
   *
   * @throws IOException when it cannot be read or is not such an ELF file
   */
  static Optional<String> constant(Path path, String prefix) throws IOException {
    return parse(mapped(path), path.toString(), false).constant(prefix);
  }

  private static ByteBuffer mapped(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw new IOException(path + " is larger than 2 GiB");
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
    }
  }

  /**
   * Reads what lies in memory.
   *
   * @param name for messages
   * @throws IOException when it is not such an ELF file
   */
  static ElfFile parse(ByteBuffer content, String name) throws IOException {
    return parse(content, name, true);
  }

  private static ElfFile parse(ByteBuffer content, String name, boolean withSymbols)
      throws IOException {
    try {
      ElfFile elf = new ElfFile(content.order(ByteOrder.LITTLE_ENDIAN));
      elf.parse(name, withSymbols);
      return elf;
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new IOException(name + " is a damaged ELF file", e);
    }
  }

  /** Virtual address of a symbol in the file, or 0 when it has none of that name. */
  public long address(String symbol) {
    return symbols(symbol).filter(Symbol::isHere).findFirst().map(Symbol::address).orElse(0L);
  }

  /** All of a name, those of the table that stands first in the file first. */
  private Stream<Symbol> symbols(String name) {
    return tables.stream().flatMap(table -> table.find(name).stream());
  }

  /** Addresses of the functions of exactly this name, exported and static; several may have it. */
  Set<Long> functions(String name) {
    Set<Long> addresses = new LinkedHashSet<>();
    symbols(name).filter(Symbol::isFunction).forEach(s -> addresses.add(s.address()));
    return addresses;
  }

  /** Names of all functions. */
  synchronized Set<String> functionNames() {
    if (functionNames == null) {
      functionNames = new LinkedHashSet<>();
      tables.forEach(table -> functionNames.addAll(table.functionNames()));
    }
    return functionNames;
  }

  /** What a symbol is that is no function of this file; empty when there is none of that name. */
  Optional<String> otherKind(String symbol) {
    return symbols(symbol).filter(s -> !s.isFunction()).findFirst().map(Symbol::otherKind);
  }

  /** Whether it has more symbols than those that it exports. */
  boolean hasSymbolTable() {
    return symbolTable;
  }

  /** Where the kernel or the dynamic linker begins to run it. */
  long entryPoint() {
    return file.getLong(24);
  }

  /** Name of the section of instructions that holds an address; empty when none does. */
  Optional<String> codeSection(long address) {
    return sections.stream()
        .filter(
            s ->
                (s.flags & SHF_EXECINSTR) != 0
                    && address >= s.address
                    && address - s.address < s.size)
        .map(Section::name)
        .findFirst();
  }

  /** Content of a section; empty when the file has none of that name. */
  Optional<ByteBuffer> content(String section) {
    return sections.stream()
        .filter(s -> s.name.equals(section) && s.type != SHT_NOBITS)
        .map(this::content)
        .findFirst();
  }

  private ByteBuffer content(Section section) {
    return file.slice(Math.toIntExact(section.offset), Math.toIntExact(section.size))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * What the file has at an address.
   *
   * @throws IllegalArgumentException when no loaded segment holds it
   */
  ByteBuffer at(long address, int length) {
    int offset = Math.toIntExact(fileOffset(address));
    return file.slice(offset, Math.min(length, file.limit() - offset))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The linker's id of this build in hex digits; empty when it gave none. */
  Optional<String> buildId() {
    return sections.stream()
        .filter(s -> s.type == SHT_NOTE && s.name.equals(BuildIdNote.SECTION))
        .flatMap(s -> BuildIdNote.read(content(s)).stream())
        .findFirst();
  }

  /**
   * Whether the unwind table says that a function begins at an address. True too when the file has
   * no table that can be searched.
   */
  boolean unwindsFrom(long address) {
    return sections.stream()
        .filter(s -> s.name.equals(".eh_frame_hdr") && s.type != SHT_NOBITS)
        .findFirst()
        .map(s -> new UnwindTable(content(s), s.address).mayBegin(address))
        .orElse(true);
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

  private Optional<String> constant(String prefix) {
    return content(".rodata")
        .flatMap(constants -> Texts.find(bytes(constants), prefix))
        .or(() -> Texts.find(bytes(file.duplicate()), prefix)); // a linker may call it otherwise
  }

  private static byte[] bytes(ByteBuffer from) {
    byte[] bytes = new byte[from.remaining()];
    from.get(bytes);
    return bytes;
  }

  private void parse(String name, boolean withSymbols) throws IOException {
    if (file.limit() < 64 || file.getInt(0) != 0x464c457f) {
      throw new IOException(name + " is not an ELF file");
    }
    if (file.get(4) != 2 || file.get(5) != 1) {
      throw new IOException(name + " is not a 64-bit little-endian ELF file");
    }
    int programHeaders = Math.toIntExact(file.getLong(32));
    for (int i = 0; i < file.getShort(56); i++) {
      int at = programHeaders + i * file.getShort(54);
      if (file.getInt(at) == PT_LOAD) {
        segments.add(
            new Segment(file.getLong(at + 8), file.getLong(at + 16), file.getLong(at + 32)));
      }
    }
    parseSections(Math.toIntExact(file.getLong(40)), file.getShort(60), withSymbols);
  }

  private void parseSections(int headers, int count, boolean withSymbols) {
    int names = count == 0 ? 0 : headers + file.getShort(62) * SECTION_HEADER;
    for (int i = 0; i < count; i++) {
      int at = headers + i * SECTION_HEADER;
      int type = file.getInt(at + 4);
      sections.add(
          new Section(
              textAt(Math.toIntExact(file.getLong(names + 24)) + file.getInt(at), 256),
              type,
              file.getLong(at + 8),
              file.getLong(at + 16),
              file.getLong(at + 24),
              file.getLong(at + 32)));
      if (withSymbols && (type == SHT_DYNSYM || type == SHT_SYMTAB)) {
        readSymbols(at, headers + file.getInt(at + 40) * SECTION_HEADER);
        symbolTable |= type == SHT_SYMTAB;
      }
    }
  }

  private void readSymbols(int table, int strings) {
    // Arrays, since this is done while the JVM still interprets.
    ByteBuffer entries = ByteBuffer.wrap(bytes(part(table))).order(ByteOrder.LITTLE_ENDIAN);
    tables.add(new SymbolTable(entries, bytes(part(strings))));
  }

  /** The content that a section header tells. */
  private ByteBuffer part(int header) {
    return file.slice(
        Math.toIntExact(file.getLong(header + 24)), Math.toIntExact(file.getLong(header + 32)));
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
