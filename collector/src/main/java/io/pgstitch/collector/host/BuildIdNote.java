package io.pgstitch.collector.host;

import java.nio.ByteBuffer;
import java.util.Optional;

/** The note in which a linker leaves its id of a build (section .note.gnu.build-id). */
final class BuildIdNote {
  /** Name of its section. */
  static final String SECTION = ".note.gnu.build-id";

  private static final int NT_GNU_BUILD_ID = 3;
  private static final int ID = 16;
  private static final int LONGEST_ID = 64;

  private BuildIdNote() {}

  /** The id in hex digits; empty when the note has none. */
  static Optional<String> read(ByteBuffer note) {
    int nameSize = note.getInt(0);
    int idSize = note.getInt(4);
    if (note.getInt(8) != NT_GNU_BUILD_ID || nameSize != 4 || idSize <= 1 || idSize > LONGEST_ID) {
      return Optional.empty();
    }
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < idSize; i++) {
      id.append(String.format("%02x", note.get(ID + i)));
    }
    return Optional.of(id.toString());
  }
}
