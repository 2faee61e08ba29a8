package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenStatement;
import java.nio.ByteBuffer;

/** How much the texts and values of open statements weigh, in characters. */
final class HeldTexts {
  private HeldTexts() {}

  static long chars(OpenStatement statement) {
    return (long) statement.getText().length()
        + statement.getErrorMessage().length()
        + statement.getErrorDetail().length()
        + statement.getErrorHint().length()
        + bytes(statement.getBinds());
  }

  static long chars(OpenNested statement) {
    return (long) statement.getText().length()
        + statement.getErrorMessage().length()
        + bytes(statement.getBinds());
  }

  private static int bytes(ByteBuffer held) {
    return held == null ? 0 : held.remaining();
  }
}
