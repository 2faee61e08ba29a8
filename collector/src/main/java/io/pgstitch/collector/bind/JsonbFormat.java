package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** jsonb: the tree of JsonbContainer and JEntry of utils/jsonb.h, printed as jsonb_out does. */
final class JsonbFormat {
  private static final int COUNT = 0x0FFFFFFF;
  private static final int SCALAR = 0x10000000;
  private static final int OBJECT = 0x20000000;
  private static final int LENGTH_OR_OFFSET = 0x0FFFFFFF;
  private static final int HAS_OFFSET = 0x80000000;
  private static final int TYPE = 0x70000000;
  private static final int STRING = 0x00000000;
  private static final int NUMERIC = 0x10000000;
  private static final int FALSE = 0x20000000;
  private static final int TRUE = 0x30000000;
  private static final int NULL = 0x40000000;
  private static final int CONTAINER = 0x50000000;

  /** Deeper trees are not printed: the recursion must end before the stack does. */
  private static final int DEEPEST = 256;

  /** Damaged offsets can make a small value print without end. */
  private static final int LONGEST = 1 << 22;

  private final ByteBuffer value;
  private final TextFormats texts;
  private final StringBuilder text = new StringBuilder();

  private JsonbFormat(ByteBuffer value, TextFormats texts) {
    this.value = value;
    this.texts = texts;
  }

  static String print(ByteBuffer value, TextFormats texts) throws UndecodableException {
    JsonbFormat format = new JsonbFormat(value.slice().order(ByteOrder.LITTLE_ENDIAN), texts);
    format.container(0, 0);
    return format.text.toString();
  }

  private void container(int at, int depth) throws UndecodableException {
    if (depth > DEEPEST) {
      throw new UndecodableException("nested too deep");
    }
    int header = value.getInt(at);
    int count = header & COUNT;
    boolean object = (header & OBJECT) != 0;
    boolean scalar = (header & SCALAR) != 0;
    int entries = object ? 2 * count : count;
    if (entries < 0 || entries > value.limit() / 4) {
      throw new UndecodableException("damaged");
    }
    int data = at + 4 + 4 * entries;
    text.append(scalar ? "" : object ? "{" : "[");
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : ", ");
      if (object) {
        entry(at, i, data, depth);
        text.append(": ");
      }
      entry(at, object ? count + i : i, data, depth);
      if (text.length() > LONGEST) {
        throw new UndecodableException("too long");
      }
    }
    text.append(scalar ? "" : object ? "}" : "]");
  }

  private void entry(int container, int index, int data, int depth) throws UndecodableException {
    int entry = value.getInt(container + 4 + 4 * index);
    int offset = offset(container, index);
    switch (entry & TYPE) {
      case STRING -> string(data + offset, length(entry, offset));
      case NUMERIC -> numeric(data + align(offset));
      case FALSE -> text.append("false");
      case TRUE -> text.append("true");
      case NULL -> text.append("null");
      case CONTAINER -> container(data + align(offset), depth + 1);
      default -> throw new UndecodableException("damaged");
    }
  }

  /** Where an entry's data begin: the lengths before it, up to the last entry with an offset. */
  private int offset(int container, int index) {
    int offset = 0;
    for (int i = index - 1; i >= 0; i--) {
      int entry = value.getInt(container + 4 + 4 * i);
      offset += entry & LENGTH_OR_OFFSET;
      if ((entry & HAS_OFFSET) != 0) {
        break;
      }
    }
    return offset;
  }

  private static int length(int entry, int offset) {
    int n = entry & LENGTH_OR_OFFSET;
    return (entry & HAS_OFFSET) != 0 ? n - offset : n;
  }

  private static int align(int offset) {
    return offset + 3 & ~3;
  }

  private void numeric(int at) throws UndecodableException {
    text.append(NumericFormat.print(Varlena.at(value, at)));
  }

  private void string(int at, int length) throws UndecodableException {
    String string = texts.text(value.slice(at, length));
    text.append('"');
    string.chars().forEach(c -> escaped((char) c));
    text.append('"');
  }

  /** As escape_json does. */
  private void escaped(char c) {
    switch (c) {
      case '\b' -> text.append("\\b");
      case '\f' -> text.append("\\f");
      case '\n' -> text.append("\\n");
      case '\r' -> text.append("\\r");
      case '\t' -> text.append("\\t");
      case '"' -> text.append("\\\"");
      case '\\' -> text.append("\\\\");
      default -> {
        if (c < ' ') {
          text.append(String.format("\\u%04x", (int) c));
        } else {
          text.append(c);
        }
      }
    }
  }
}
