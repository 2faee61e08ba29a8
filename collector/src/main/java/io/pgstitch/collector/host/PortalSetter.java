package io.pgstitch.collector.host;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * PortalDefineQuery(portal, prepStmtName, sourceText, commandTag, stmts, cplan): a function that
 * does nothing but store its arguments in the portal. Its code says in which fields.
 *
 * @param statementName offset of the prepared statement's name
 * @param sourceText offset of the text
 * @param commandTag offset of the command's tag, 32 bits; of two the first
 * @param statements offset of the list of statements
 */
public record PortalSetter(int statementName, int sourceText, int commandTag, int statements) {
  private static final int LONGEST = 96;

  /** The kernel programs read so many bytes of a portal, in words of eight. */
  private static final int READ = 104;

  private static final int WORD = 8;

  /** Registers of the second to the fifth argument: rsi, rdx, ecx, r8. */
  private static final int[] ARGUMENTS = {6, 2, 1, 8};

  private static final int NONE = -1;

  /**
   * Reads the code of a function.
   *
   * @return empty when there is none of that name, or it does anything else
   */
  public static Optional<PortalSetter> of(ElfFile elf, String function) {
    long address = elf.address(function);
    if (address == 0) {
      return Optional.empty();
    }
    try {
      return x86(elf.at(address, LONGEST));
    } catch (IndexOutOfBoundsException | IllegalArgumentException damaged) {
      return Optional.empty();
    }
  }

  /** Stores of registers and constants behind %rdi, up to a ret; an endbr64 may stand before. */
  static Optional<PortalSetter> x86(ByteBuffer code) {
    int[] fields = {NONE, NONE, NONE, NONE};
    int at = code.getInt(0) == 0xfa1e0ff3 ? 4 : 0;
    while (code.get(at) != (byte) 0xc3) {
      int prefix = code.get(at) & 0xff;
      boolean prefixed = prefix == 0x48 || prefix == 0x4c;
      int next = prefixed ? at + 1 : at;
      int opcode = code.get(next) & 0xff;
      int modrm = code.get(next + 1) & 0xff;
      int mode = modrm >> 6;
      boolean constant = opcode == 0xc7 && (modrm & 0x38) == 0;
      if ((modrm & 7) != 7 || (mode != 1 && mode != 2) || (opcode != 0x89 && !constant)) {
        return Optional.empty();
      }
      int offset = mode == 1 ? code.get(next + 2) : code.getInt(next + 2);
      if (!constant) {
        int register = (modrm >> 3 & 7) + (prefix == 0x4c ? 8 : 0);
        keep(fields, register, prefixed, offset);
      }
      at = next + 2 + (mode == 1 ? 1 : 4) + (constant ? 4 : 0);
    }
    for (int field : fields) {
      if (field < 0 || field % WORD != 0 || field + WORD > READ) {
        return Optional.empty();
      }
    }
    return Optional.of(new PortalSetter(fields[0], fields[1], fields[2], fields[3]));
  }

  /** Pointers take eight bytes, the tag four. */
  private static void keep(int[] fields, int register, boolean wide, int offset) {
    for (int i = 0; i < ARGUMENTS.length; i++) {
      if (ARGUMENTS[i] == register && wide == (register != 1)) {
        fields[i] = fields[i] == NONE ? offset : Math.min(fields[i], offset);
      }
    }
  }
}
