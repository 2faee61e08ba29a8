package io.pgstitch.collector.spool;

import java.nio.file.Path;

/**
 * Where batches wait on disk, and how much of it they may use.
 *
 * @param directory for this collector alone
 * @param maxBytes of all its files; 0 keeps nothing on disk
 * @param minFreeBytes that the file system keeps free for others
 */
public record SpoolSettings(Path directory, long maxBytes, long minFreeBytes) {
  /** The least that is of use: some batches with long texts. */
  public static final long LEAST_BYTES = 1 << 20;

  /** Whether anything is kept on disk. */
  public boolean enabled() {
    return maxBytes > 0;
  }
}
