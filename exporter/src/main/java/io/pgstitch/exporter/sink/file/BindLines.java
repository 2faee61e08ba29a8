package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import io.pgstitch.schema.Binds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A BINDS section in Oracle's form. What Oracle has no place for stands where its readers take any
 * number: {@code csi} is the OID of PostgreSQL's type, {@code avl} the length of the whole value
 * and {@code bln} that of what was captured, so a value is cut where avl is larger than bln.
 */
final class BindLines {
  private static final int VARCHAR = 1;
  private static final int NUMBER = 2;
  private static final int DATE = 12;
  private static final int RAW = 23;
  private static final int CHAR = 96;
  private static final int TIMESTAMP = 180;
  private static final int TIMESTAMP_WITH_ZONE = 181;
  private static final int INTERVAL = 183;
  private static final int FIXED_FLOAT = 100;
  private static final int FIXED_DOUBLE = 101;

  private BindLines() {}

  /** The lines of a section, without their ends. */
  static List<String> of(Binds binds) {
    List<String> lines = new ArrayList<>();
    lines.add("BINDS #" + binds.getCursor() + ":");
    lines.add("");
    binds.getBinds().forEach(bind -> add(lines, bind));
    if (!binds.getBinds().isEmpty()) {
      lines.add(types(binds));
    }
    int known = binds.getBinds().size();
    if (binds.getTotal() != known) {
      lines.add(
          "*** BINDS LEFT OUT:("
              + (binds.getTotal() < 0 ? "unknown" : binds.getTotal() - known)
              + ")");
    }
    return lines;
  }

  /** Which types they have in PostgreSQL, for which the section has a number and no name. */
  private static String types(Binds binds) {
    StringBuilder line = new StringBuilder("*** BIND TYPES: #").append(binds.getCursor());
    for (Bind bind : binds.getBinds()) {
      line.append(' ').append(bind.getPosition() - 1).append('=').append(bind.getTypeOid());
      if (!bind.getTypeName().isEmpty()) {
        line.append(':').append(Session.oneLine(bind.getTypeName()));
      }
      if (bind.getIsNull()) {
        line.append(",null");
      }
      if (bind.getCut()) {
        line.append(",cut");
      }
    }
    return line.toString();
  }

  private static void add(List<String> lines, Bind bind) {
    int type = type(bind);
    long captured = captured(bind);
    long length = Math.max(bind.getLength(), captured);
    lines.add(" Bind#" + (bind.getPosition() - 1));
    lines.add(
        ("  oacdty=" + two(type))
            + (" mxl=" + two(length) + "(" + two(length) + ")")
            + " mxlc=00 mal=00 scl=00 pre=00");
    lines.add(
        "  oacflg=03 fl2=1000000 frm="
            + (isCharacter(type) ? "01" : "00")
            + (" csi=" + bind.getTypeOid())
            + (" siz=" + length)
            + " off=0");
    lines.add(
        "  kxsbbbfp=0"
            + ("  bln=" + two(captured))
            + ("  avl=" + two(bind.getIsNull() ? 0 : length))
            + "  flg=01");
    if (bind.getForm() != BindForm.NONE) {
      lines.add("  value=" + (isCharacter(type) ? quoted(bind.getValue()) : bind.getValue()));
    } else if (!bind.getIsNull()) {
      lines.add("  value=(not captured: " + bind.getReason() + ")");
    }
  }

  /** Bytes of the server's memory that the value shows. */
  private static long captured(Bind bind) {
    if (bind.getForm() == BindForm.NONE) {
      return 0;
    }
    if (!bind.getCut() && bind.getLength() >= 0) {
      return bind.getLength();
    }
    boolean hex = bind.getForm() == BindForm.HEX || bind.getTypeName().equals("bytea");
    return hex
        ? (bind.getValue().length() - "\\x".length()) / 2
        : bind.getValue().getBytes(StandardCharsets.UTF_8).length;
  }

  /** Oracle's number of the nearest type. */
  private static int type(Bind bind) {
    if (bind.getForm() == BindForm.HEX) {
      return RAW;
    }
    return switch (bind.getTypeName()) {
      case "int2", "int4", "int8", "numeric", "oid", "xid", "xid8", "cid" -> NUMBER;
      case "float4" -> FIXED_FLOAT;
      case "float8" -> FIXED_DOUBLE;
      case "date" -> DATE;
      case "timestamp", "time", "timetz" -> TIMESTAMP;
      case "timestamptz" -> TIMESTAMP_WITH_ZONE;
      case "interval" -> INTERVAL;
      case "bpchar", "char" -> CHAR;
      case "bytea" -> RAW;
      default -> VARCHAR;
    };
  }

  private static boolean isCharacter(int type) {
    return type == VARCHAR || type == CHAR;
  }

  /** In double quotes on one line: line ends and other control characters as in C. */
  private static String quoted(String value) {
    StringBuilder text = new StringBuilder(value.length() + 2).append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        case '\\' -> text.append("\\\\");
        default -> {
          if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
            text.append(String.format("\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    return text.append('"').toString();
  }

  private static String two(long number) {
    return number < 10 ? "0" + number : Long.toString(number);
  }
}
