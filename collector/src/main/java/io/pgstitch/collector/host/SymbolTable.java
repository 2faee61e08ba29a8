package io.pgstitch.collector.host;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One symbol table of an ELF file, found by names. A server has some ten thousand symbols, of which
 * a hundred are asked for, while the JVM still interprets: no object is made for the others.
 */
final class SymbolTable {
  private static final int STT_OBJECT = 1;
  private static final int STT_FUNC = 2;
  private static final int STT_GNU_IFUNC = 10;
  private static final int ENTRY = 24;
  private static final int LONGEST_NAME = 512;
  private static final int NO_ENTRY = -1;

  private final ByteBuffer entries;
  private final byte[] names;

  /** Offsets of entries, each at its name's hash or in the next place that was free. */
  private final int[] places;

  /** An entry. */
  record Symbol(int type, int section, long address) {
    /** Where it lies in this file, and not in another or wherever the server's start says. */
    boolean isHere() {
      return section != 0 && address != 0 && type != STT_GNU_IFUNC;
    }

    boolean isFunction() {
      return isHere() && type == STT_FUNC;
    }

    /** What it is when it is no function of this file. */
    String otherKind() {
      if (section == 0 || address == 0) {
        return "imported from a shared library";
      }
      return type == STT_GNU_IFUNC
          ? "chosen among several when the server starts"
          : "data, not a function";
    }
  }

  /**
   * @param entries of the table, little-endian
   * @param names its string table
   */
  SymbolTable(ByteBuffer entries, byte[] names) {
    this.entries = entries;
    this.names = names;
    int count = entries.limit() / ENTRY;
    this.places = new int[Integer.highestOneBit(Math.max(1, count)) * 4];
    Arrays.fill(places, NO_ENTRY);
    for (int at = 0; at + ENTRY <= entries.limit(); at += ENTRY) {
      int type = entries.get(at + 4) & 0xf;
      if (type == STT_OBJECT || type == STT_FUNC || type == STT_GNU_IFUNC) {
        int place = hash(entries.getInt(at)) & places.length - 1;
        while (places[place] != NO_ENTRY) {
          place = place + 1 & places.length - 1;
        }
        places[place] = at;
      }
    }
  }

  /** As {@link String#hashCode} of the name that begins there. */
  private int hash(int at) {
    int hash = 0;
    int end = Math.min(names.length, at + LONGEST_NAME);
    for (int i = at; i < end && names[i] != 0; i++) {
      hash = 31 * hash + (names[i] & 0xff);
    }
    return hash;
  }

  /** The symbols of exactly this name, in the table's order. */
  List<Symbol> find(String name) {
    List<Symbol> found = new ArrayList<>();
    for (int place = name.hashCode() & places.length - 1;
        places[place] != NO_ENTRY;
        place = place + 1 & places.length - 1) {
      int at = places[place];
      if (isName(entries.getInt(at), name)) {
        found.add(symbol(at));
      }
    }
    return found;
  }

  private Symbol symbol(int at) {
    return new Symbol(entries.get(at + 4) & 0xf, entries.getShort(at + 6), entries.getLong(at + 8));
  }

  private boolean isName(int at, String name) {
    int length = name.length();
    if (at + length > names.length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if ((names[at + i] & 0xff) != name.charAt(i)) {
        return false;
      }
    }
    return length == LONGEST_NAME || at + length == names.length || names[at + length] == 0;
  }

  /** Names of all functions of this file. */
  Set<String> functionNames() {
    Set<String> all = new LinkedHashSet<>();
    for (int at = 0; at + ENTRY <= entries.limit(); at += ENTRY) {
      if (symbol(at).isFunction()) {
        all.add(Texts.at(names, entries.getInt(at), LONGEST_NAME));
      }
    }
    return all;
  }
}
