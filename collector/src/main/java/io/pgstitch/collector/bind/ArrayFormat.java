package io.pgstitch.collector.bind;

import io.pgstitch.collector.postgres.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Arrays: ArrayType of utils/array.h, printed as array_out does. */
final class ArrayFormat implements ValueFormat {
  /** Offsets inside an array count from its varlena header, which the value is without. */
  private static final int HEADER = 4;

  private static final int MOST_DIMENSIONS = 6;
  private static final int LONGEST = 1 << 22;
  private static final String SPECIAL = "\"\\{} \t\n\u000b\f\r";

  private final DataType element;
  private final ValueFormat format;
  private final char delimiter;

  /**
   * @param element type of the elements
   * @param format prints them
   */
  ArrayFormat(DataType element, ValueFormat format) {
    this.element = element;
    this.format = format;
    this.delimiter = element.name().equals("box") ? ';' : ',';
  }

  @Override
  public String print(ByteBuffer value) throws UndecodableException {
    return new Printer(value.slice().order(ByteOrder.LITTLE_ENDIAN)).print();
  }

  /** One array on its way into text. */
  private final class Printer {
    private final ByteBuffer value;
    private final StringBuilder text = new StringBuilder();
    private int[] sizes;
    private int nulls;
    private int at;
    private int next;

    Printer(ByteBuffer value) {
      this.value = value;
    }

    String print() throws UndecodableException {
      int dimensions = value.getInt(0);
      if (dimensions < 0 || dimensions > MOST_DIMENSIONS || value.getInt(8) != element.oid()) {
        throw new UndecodableException("damaged");
      }
      if (dimensions == 0) {
        return "{}";
      }
      sizes = new int[dimensions];
      bounds();
      int withNulls = value.getInt(4);
      int heads = 12 + 8 * dimensions;
      nulls = withNulls != 0 ? heads : -1;
      at = withNulls != 0 ? withNulls - HEADER : align(heads, 8);
      dimension(0);
      return text.toString();
    }

    private void bounds() throws UndecodableException {
      boolean shifted = false;
      StringBuilder bounds = new StringBuilder();
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = value.getInt(12 + 4 * i);
        int lower = value.getInt(12 + 4 * (sizes.length + i));
        if (sizes[i] <= 0) {
          throw new UndecodableException("damaged");
        }
        shifted |= lower != 1;
        bounds.append('[').append(lower).append(':').append(lower + sizes[i] - 1).append(']');
      }
      text.append(shifted ? bounds + "=" : "");
    }

    private void dimension(int depth) throws UndecodableException {
      text.append('{');
      for (int i = 0; i < sizes[depth]; i++) {
        if (i > 0) {
          text.append(delimiter);
        }
        if (depth < sizes.length - 1) {
          dimension(depth + 1);
        } else {
          element();
        }
        if (text.length() > LONGEST) {
          throw new UndecodableException("too long");
        }
      }
      text.append('}');
    }

    private void element() throws UndecodableException {
      int index = next++;
      if (nulls >= 0 && (value.get(nulls + index / 8) >> (index % 8) & 1) == 0) {
        text.append("NULL");
        return;
      }
      ByteBuffer bytes;
      if (element.length() == -1) {
        // A short one is not aligned, and no padding looks like one.
        at = value.get(at) != 0 ? at : align(at, element.align());
        bytes = Varlena.at(value, at);
        at += Varlena.size(value, at);
      } else if (element.length() > 0) {
        at = align(at, element.align());
        bytes = value.slice(at, element.length()).order(ByteOrder.LITTLE_ENDIAN);
        at += element.length();
      } else {
        throw new UndecodableException("no decoder");
      }
      quoted(format.print(bytes));
    }

    private int align(int offset, int to) {
      return (offset + HEADER + to - 1) / to * to - HEADER;
    }

    private void quoted(String printed) {
      boolean plain =
          !printed.isEmpty()
              && !printed.equalsIgnoreCase("NULL")
              && printed.chars().noneMatch(c -> c == delimiter || SPECIAL.indexOf(c) >= 0);
      if (plain) {
        text.append(printed);
      } else {
        text.append('"');
        text.append(printed.replace("\\", "\\\\").replace("\"", "\\\""));
        text.append('"');
      }
    }
  }
}
