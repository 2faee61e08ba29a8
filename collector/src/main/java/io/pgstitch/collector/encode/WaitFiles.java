package io.pgstitch.collector.encode;

import io.pgstitch.bpf.WaitRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The files that one backend waited for last: a session's waits are for few, again and again. */
final class WaitFiles {
  private static final int PLACES = 16;

  private final Named[] places = new Named[PLACES];
  private byte[] wanted = new byte[WaitRecord.FILE_BYTES];

  /** A file, with its texts as they are written. */
  static final class Named {
    final WaitFile file;
    final byte[] fork;
    final byte[] path;
    private final byte[] names;

    private Named(byte[] names, WaitFile file) {
      this.names = names;
      this.file = file;
      this.fork = file.fork().getBytes(StandardCharsets.US_ASCII);
      this.path = file.path().getBytes(StandardCharsets.UTF_8);
    }
  }

  /** The file that a WAIT record names, null when it names none. */
  Named of(WaitRecord wait) {
    if (!wait.file(wanted)) {
      return null;
    }
    int hash = Arrays.hashCode(wanted) * 0x9E3779B9;
    int place = (hash ^ hash >>> 16) & PLACES - 1;
    Named known = places[place];
    if (known == null || !Arrays.equals(known.names, wanted)) {
      known = new Named(wanted, WaitFile.of(wait));
      wanted = new byte[WaitRecord.FILE_BYTES];
      places[place] = known;
    }
    return known;
  }
}
