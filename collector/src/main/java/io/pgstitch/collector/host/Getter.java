package io.pgstitch.collector.host;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A function that does nothing but return a 32-bit field of what a variable points to: {@code
 * return variable->field}. Its code names the variable, also where that is static and the file
 * stripped.
 *
 * @param pointer address of the variable in the file
 * @param offset of the field
 */
public record Getter(long pointer, int offset) {
  private static final int LONGEST = 32;

  /**
   * Reads the code of a function.
   *
   * @return empty when there is none of that name, or it does anything else
   */
  public static Optional<Getter> of(ElfFile elf, String function) {
    long address = elf.address(function);
    if (address == 0) {
      return Optional.empty();
    }
    try {
      ByteBuffer code = elf.at(address, LONGEST);
      Optional<Getter> x86 = x86(code, address);
      return x86.isPresent() ? x86 : arm(code, address);
    } catch (IndexOutOfBoundsException | IllegalArgumentException damaged) {
      return Optional.empty();
    }
  }

  /**
   * The address of a 32-bit variable, from the code of a function that does nothing but return it.
   *
   * @return empty when there is none of that name, or it does anything else
   */
  public static OptionalLong variable(ElfFile elf, String function) {
    long address = elf.address(function);
    if (address == 0) {
      return OptionalLong.empty();
    }
    try {
      return variable(elf.at(address, LONGEST), address);
    } catch (IndexOutOfBoundsException | IllegalArgumentException damaged) {
      return OptionalLong.empty();
    }
  }

  /** mov variable(%rip),%eax; ret. An endbr64 may stand before. */
  static OptionalLong variable(ByteBuffer code, long address) {
    int at = code.getInt(0) == 0xfa1e0ff3 ? 4 : 0;
    int next = at + 6;
    boolean returns =
        code.get(at) == (byte) 0x8b && code.get(at + 1) == 0x05 && code.get(next) == (byte) 0xc3;
    return returns ? OptionalLong.of(address + next + code.getInt(at + 2)) : OptionalLong.empty();
  }

  /** mov variable(%rip),%rax; mov offset(%rax),%eax; ret. An endbr64 may stand before. */
  static Optional<Getter> x86(ByteBuffer code, long address) {
    int at = code.getInt(0) == 0xfa1e0ff3 ? 4 : 0;
    boolean loads =
        code.get(at) == 0x48 && code.get(at + 1) == (byte) 0x8b && code.get(at + 2) == 0x05;
    int next = at + 7;
    boolean takes = code.get(next) == (byte) 0x8b && code.get(next + 1) == 0x40;
    if (!loads || !takes || code.get(next + 3) != (byte) 0xc3 || code.get(next + 2) < 0) {
      return Optional.empty();
    }
    return Optional.of(new Getter(address + next + code.getInt(at + 3), code.get(next + 2)));
  }

  /** adrp x0, page; ldr x0, [x0, #place]; ldr w0, [x0, #offset]; ret. A bti may stand before. */
  static Optional<Getter> arm(ByteBuffer code, long address) {
    int at = code.getInt(0) == 0xd503245f ? 4 : 0;
    int adrp = code.getInt(at);
    int pointer = code.getInt(at + 4);
    int field = code.getInt(at + 8);
    boolean known =
        (adrp & 0x9f00001f) == 0x90000000
            && (pointer & 0xffc003ff) == 0xf9400000
            && (field & 0xffc003ff) == 0xb9400000
            && code.getInt(at + 12) == 0xd65f03c0;
    if (!known) {
      return Optional.empty();
    }
    long pages = (long) (adrp << 8 >> 13 << 2 | adrp >>> 29 & 3);
    long page = (address + at & ~0xfffL) + (pages << 12);
    return Optional.of(
        new Getter(page + (pointer >>> 10 & 0xfff) * 8L, (field >>> 10 & 0xfff) * 4));
  }
}
