package io.pgstitch.collector.host;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.tukaani.xz.XZInputStream;

/**
 * The functions of an executable by name: those that it exports, and static ones where its own
 * symbol table, its MiniDebugInfo or a debug file of the same build id names them. Only places
 * where a breakpoint is safe are given out.
 */
public final class FunctionSymbols {
  private static final int MOST_MINI_DEBUG_BYTES = 128 << 20;
  private static final int MINI_DEBUG_MEMORY_KIB = 256 << 10;

  /**
   * What the compiler makes of a function and calls in its place: without unused arguments, or for
   * constant ones.
   */
  private static final Pattern CLONE = Pattern.compile("(\\.(isra|constprop)\\.\\d+)+");

  /** What is left of a function whose beginning stands in its callers. */
  private static final Pattern REST = Pattern.compile("(\\.(isra|constprop|part)\\.\\d+)+");

  private final ElfFile elf;
  private final Path root;
  private List<ElfFile> tables;
  private String origin = "";
  private String problem = "";

  /**
   * Where a function begins.
   *
   * @param addresses virtual addresses in the executable; several functions may have one name
   * @param problem why there is none, empty when there is
   */
  public record Places(List<Long> addresses, String problem) {
    static Places none(String why) {
      return new Places(List.of(), why);
    }
  }

  private FunctionSymbols(ElfFile elf, Path root) {
    this.elf = elf;
    this.root = root;
  }

  /**
   * All functions that can be had.
   *
   * @param elf the executable
   * @param root the file system that the executable's process sees, e.g. /proc/PID/root
   */
  public static FunctionSymbols of(ElfFile elf, Path root) {
    return new FunctionSymbols(elf, root);
  }

  /** The executable itself. */
  public ElfFile elf() {
    return elf;
  }

  /** Where static functions are known from; empty when they are not. */
  public String origin() {
    tables();
    return origin;
  }

  /**
   * Finds the functions of a name, the compiler's clones of it included. Pieces that the compiler
   * moved away ({@code .cold}) are not entered by calls and are left out.
   */
  public Places find(String name) {
    Places exact = at(elf.functions(name), name);
    if (!exact.problem.isEmpty()) {
      return exact;
    }
    Set<Long> addresses = new TreeSet<>(exact.addresses);
    for (ElfFile table : tables()) {
      addresses.addAll(table.functions(name));
      addresses.addAll(named(table, name, CLONE));
    }
    if (addresses.isEmpty()) {
      for (ElfFile table : tables()) {
        addresses.addAll(named(table, name, REST));
      }
    }
    return addresses.isEmpty() ? Places.none(whyAbsent(name)) : at(addresses, name);
  }

  private static Set<Long> named(ElfFile table, String name, Pattern suffix) {
    Set<Long> addresses = new TreeSet<>();
    for (String other : table.functionNames()) {
      if (other.length() > name.length()
          && other.startsWith(name)
          && suffix.matcher(other.substring(name.length())).matches()) {
        addresses.addAll(table.functions(other));
      }
    }
    return addresses;
  }

  private Places at(Set<Long> addresses, String name) {
    List<Long> safe = new ArrayList<>();
    for (long address : addresses) {
      String unsafe = unsafe(address);
      if (!unsafe.isEmpty()) {
        return Places.none(name + " " + unsafe);
      }
      safe.add(address);
    }
    return new Places(safe, "");
  }

  /**
   * Why no breakpoint may stand at an address, empty when it may. A breakpoint that is not at the
   * beginning of an instruction, or a return probe where nothing returns, breaks the server.
   */
  private String unsafe(long address) {
    Optional<String> section = elf.codeSection(address);
    if (section.isEmpty()) {
      return "does not lie in a section of instructions";
    }
    if (address == elf.entryPoint()) {
      return "is where the process starts: it does not return";
    }
    if (!section.get().startsWith(".text")) {
      return "lies in section " + section.get() + ", where the linker's own code is";
    }
    return elf.unwindsFrom(address)
        ? ""
        : "lies where no function begins, as the executable's unwind table says";
  }

  private String whyAbsent(String name) {
    for (ElfFile table : withExecutable()) {
      Optional<String> other = table.otherKind(name);
      if (other.isPresent()) {
        return "it is " + other.get();
      }
    }
    if (!origin().isEmpty()) {
      return "this build has none of that name, as "
          + origin
          + " says: inlined, or of another version";
    }
    return "the executable does not export it, and static functions are not known: "
        + (problem.isEmpty() ? "it is stripped" : problem);
  }

  private List<ElfFile> withExecutable() {
    List<ElfFile> all = new ArrayList<>(tables());
    all.add(elf);
    return all;
  }

  private List<ElfFile> tables() {
    if (tables == null) {
      tables = find();
    }
    return tables;
  }

  private List<ElfFile> find() {
    if (elf.hasSymbolTable()) {
      origin = "its symbol table";
      return List.of(elf);
    }
    Optional<ElfFile> mini = miniDebugInfo();
    if (mini.isPresent()) {
      origin = "its MiniDebugInfo";
      return List.of(mini.get());
    }
    Optional<ElfFile> debug = debugFile();
    if (debug.isPresent()) {
      origin = "the debug file of its build id";
      return List.of(debug.get());
    }
    return List.of();
  }

  private Optional<ElfFile> miniDebugInfo() {
    Optional<ByteBuffer> packed = elf.content(".gnu_debugdata");
    if (packed.isEmpty()) {
      return Optional.empty();
    }
    byte[] bytes = new byte[packed.get().remaining()];
    packed.get().get(bytes);
    try (XZInputStream in =
        new XZInputStream(new ByteArrayInputStream(bytes), MINI_DEBUG_MEMORY_KIB)) {
      byte[] unpacked = in.readNBytes(MOST_MINI_DEBUG_BYTES);
      ElfFile found = ElfFile.parse(ByteBuffer.wrap(unpacked), ".gnu_debugdata");
      return found.hasSymbolTable() ? Optional.of(found) : Optional.empty();
    } catch (IOException e) {
      problem = "its .gnu_debugdata cannot be read: " + e.getMessage();
      return Optional.empty();
    }
  }

  private Optional<ElfFile> debugFile() {
    Optional<String> id = elf.buildId();
    if (id.isEmpty()) {
      problem = "it is stripped and has no build id";
      return Optional.empty();
    }
    String name =
        "usr/lib/debug/.build-id/" + id.get().substring(0, 2) + "/" + id.get().substring(2);
    Path file = root.resolve(name + ".debug");
    if (!Files.exists(file)) {
      problem = "it is stripped, and there is no debug file /" + name + ".debug";
      return Optional.empty();
    }
    try {
      ElfFile found = ElfFile.read(file);
      if (!found.buildId().equals(id)) {
        problem = "debug file /" + name + ".debug has another build id";
        return Optional.empty();
      }
      if (!found.hasSymbolTable()) {
        problem = "debug file /" + name + ".debug has no symbol table";
        return Optional.empty();
      }
      return Optional.of(found);
    } catch (IOException | InternalError e) {
      // The second is a file that shrank while it was read.
      problem = "debug file /" + name + ".debug cannot be read: " + e.getMessage();
      return Optional.empty();
    }
  }
}
