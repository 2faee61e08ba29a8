package io.pgstitch.collector.mask;

import io.pgstitch.bpf.SettingRecord;
import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Takes the data out of what is sent of a statement, on the host where it was seen: setting {@code
 * mask.literals}. Not thread-safe.
 */
public final class LiteralMask {
  private static final byte[] MASK = {'?'};
  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  private final byte[] key = new byte[32];
  private final MessageDigest digest;

  /** With a key that nobody else knows and that ends with the process. */
  public LiteralMask() {
    new SecureRandom().nextBytes(key);
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * A SQL text without its literals.
   *
   * @param text in the server's encoding
   * @param torn whether a piece is missing in its middle, behind which nothing can be told
   */
  public MaskedSql sql(byte[] text, boolean torn) {
    if (!torn) {
      return SqlScanner.mask(text);
    }
    MaskedSql masked = MaskedSql.of(text);
    masked.replace(0, text.length, MASK);
    return masked.finish();
  }

  /**
   * Tells texts apart that masking made the same; never 0. It cannot be turned back into a text,
   * nor be compared with that of a guessed text, without the key.
   */
  public long identity(byte[] text) {
    digest.update(key);
    long id = ByteBuffer.wrap(digest.digest(text)).getLong();
    return id == 0 ? 1 : id;
  }

  /** Of an error's message nothing is known to be free of data: RAISE says anything. */
  public byte[] message(byte[] message) {
    return message.length == 0 ? message : MASK;
  }

  /**
   * The value of a setting: levels, trace contexts and the application's name stay.
   *
   * @param accepted whether it is known to be a value of the setting
   */
  public byte[] setting(byte[] name, byte[] value, boolean accepted) {
    boolean stays =
        switch (new String(name, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT)) {
          case "application_name" -> true;
          case "pgstitch.level", "pgstitch.functions" -> accepted;
          case "pgstitch.traceparent" ->
              TRACEPARENT.matcher(new String(value, StandardCharsets.ISO_8859_1)).matches();
          default -> false;
        };
    return stays || value.length == 0 ? value : MASK;
  }

  /** A bind value keeps its type and length. */
  public Bind bind(Bind bind) {
    if (!bind.getIsNull()) {
      bind.setForm(BindForm.NONE);
      bind.setValue("");
      bind.setCut(false);
      bind.setReason("masked");
    }
    return bind;
  }

  /** Whether a record's setting was taken as a value of its kind. */
  public static boolean accepted(SettingRecord setting) {
    int refusals = SettingRecord.REFUSED | SettingRecord.INVALID;
    return (setting.properties() & refusals) == 0;
  }
}
