package io.pgstitch.collector.bind;

import io.pgstitch.bpf.BindRecord;
import io.pgstitch.collector.postgres.DataType;
import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Makes readable values of what the kernel programs read from a server's memory. Bytes that are no
 * value of their type come out as hex with the reason, whatever they are.
 */
public final class BindReader {
  private static final HexFormat HEX = HexFormat.of();

  /** {@code enum bind_state} of events.h. */
  private static final int READ = 0;

  private static final int IS_NULL = 1;
  private static final int GUESSED = 2;
  private static final int UNREADABLE = 3;
  private static final int COMPRESSED = 4;
  private static final int EXTERNAL = 5;
  private static final int EXPANDED = 6;
  private static final int FIELD = 7;

  private final ValueFormats formats;

  /**
   * @param major of the server, one that is supported
   * @param charset of the database; empty: what is UTF-8 is taken for that, the rest stays hex
   */
  public BindReader(int major, Optional<Charset> charset) {
    this.formats = ValueFormats.of(major, charset.orElse(StandardCharsets.UTF_8));
  }

  /** The value in a record that is not the last. */
  public Bind read(BindRecord record) {
    DataType type = formats.type(record.type());
    Bind bind = new Bind();
    bind.setPosition(record.position());
    bind.setTypeOid(Integer.toUnsignedLong(record.type()));
    bind.setTypeName(type == null ? "" : type.name());
    bind.setForm(BindForm.NONE);
    bind.setValue("");
    bind.setReason("");
    bind.setLength(record.length() == BindRecord.UNKNOWN ? -1 : record.length());
    switch (record.state()) {
      case READ -> value(bind, type, record.bytes());
      case IS_NULL -> bind.setIsNull(true);
      case GUESSED -> {
        byte[] bytes = record.bytes();
        bind.setCut(bytes.length != bind.getLength());
        hex(bind, bytes, "unknown type");
      }
      case UNREADABLE -> bind.setReason("unreadable");
      case COMPRESSED -> compressed(bind, type, record.bytes());
      case EXTERNAL -> bind.setReason("toasted");
      case EXPANDED -> bind.setReason("expanded");
      case FIELD -> bind.setReason("not held");
      default -> throw new IllegalStateException("unknown bind state " + record.state());
    }
    return bind;
  }

  private void compressed(Bind bind, DataType type, byte[] packed) {
    Optional<CompressedValue> value = CompressedValue.of(packed);
    bind.setLength(value.map(CompressedValue::length).orElse(-1L));
    Optional<byte[]> bytes = value.flatMap(v -> v.unpack(BindRecord.MOST_BYTES));
    if (bytes.isPresent()) {
      value(bind, type, bytes.get());
    } else {
      bind.setReason("compressed");
    }
  }

  private void value(Bind bind, DataType type, byte[] bytes) {
    boolean cut = bytes.length != bind.getLength();
    bind.setCut(cut);
    ValueFormat format = type == null ? null : formats.format(type);
    if (type == null || format == null) {
      hex(bind, bytes, type == null ? "unknown type" : "no decoder");
    } else if (cut && !ValueFormats.isText(type) && !type.name().equals("bytea")) {
      hex(bind, bytes, "cut");
    } else {
      text(bind, cut && ValueFormats.isText(type) ? formats.prefix() : format, bytes);
    }
  }

  private static void text(Bind bind, ValueFormat format, byte[] bytes) {
    try {
      bind.setValue(format.print(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)));
      bind.setForm(BindForm.TEXT);
    } catch (UndecodableException e) {
      hex(bind, bytes, e.getMessage());
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      hex(bind, bytes, "damaged");
    }
  }

  private static void hex(Bind bind, byte[] bytes, String reason) {
    bind.setForm(BindForm.HEX);
    bind.setValue("\\x" + HEX.formatHex(bytes));
    bind.setReason(reason);
  }
}
