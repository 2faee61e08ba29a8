package io.pgstitch.exporter.deadletter;

import io.pgstitch.schema.AvroDeserializer;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;

/** The value of a letter for people. */
public final class LetterValue {
  private static final int BYTES_PER_LINE = 16;

  private LetterValue() {}

  /**
   * As JSON; empty when it is no record of ours, which is why most letters are letters.
   *
   * @param registry settings of the schema registry's client
   */
  public static Optional<String> decoded(String topic, byte[] value, Map<String, String> registry) {
    if (value == null) {
      return Optional.empty();
    }
    try (AvroDeserializer<SpecificRecord> reader = new AvroDeserializer<>()) {
      reader.configure(registry, false);
      return Optional.of(reader.deserialize(topic, value).toString());
    } catch (SerializationException notOurs) {
      return Optional.empty();
    }
  }

  /**
   * As a hex dump: offset, bytes, and what of them is ASCII.
   *
   * @param most bytes that are shown
   */
  public static String hex(byte[] value, int most) {
    StringBuilder text = new StringBuilder();
    int shown = Math.min(value.length, most);
    for (int at = 0; at < shown; at += BYTES_PER_LINE) {
      text.append(String.format(Locale.ROOT, "%08x ", at));
      StringBuilder ascii = new StringBuilder();
      for (int i = at; i < at + BYTES_PER_LINE; i++) {
        if (i < shown) {
          int c = value[i] & 0xff;
          text.append(String.format(Locale.ROOT, " %02x", c));
          ascii.append(c >= 0x20 && c < 0x7f ? (char) c : '.');
        } else {
          text.append("   ");
        }
      }
      text.append("  ").append(ascii).append('\n');
    }
    if (shown < value.length) {
      text.append("... and ").append(value.length - shown).append(" more bytes\n");
    }
    return text.toString();
  }
}
