package io.pgstitch.collector.spool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of a spool, for its owner alone and locked against a second collector: segments
 * {@code NUMBER.spool}, damaged ones {@code NUMBER.damaged}, and {@code acknowledged}, which says
 * up to where the oldest segment has been sent.
 */
final class SpoolDirectory implements AutoCloseable {
  static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final Logger LOG = LoggerFactory.getLogger(SpoolDirectory.class);
  private static final Pattern SEGMENT = Pattern.compile("([0-9]{12})\\.spool");
  private static final int MOST_DAMAGED = 4;
  private static final int MARK_BYTES = 2 * Long.BYTES + Integer.BYTES;

  private final Path path;
  private final FileChannel lock;
  private final FileChannel acknowledged;
  private final FileStore store;
  private long tornBytes;

  /** Up to where a segment has been acknowledged. */
  record Mark(long segment, long offset) {}

  private SpoolDirectory(Path path, FileChannel lock, FileChannel acknowledged, FileStore store) {
    this.path = path;
    this.lock = lock;
    this.acknowledged = acknowledged;
    this.store = store;
  }

  /**
   * Opens it, creating what is missing.
   *
   * @throws SpoolException when it cannot be used, or another collector uses it
   */
  @SuppressWarnings("resource") // closed with the directory, or below
  static SpoolDirectory open(Path path) {
    FileChannel lock = null;
    try {
      Files.createDirectories(path);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
      lock = channel(path.resolve("lock"));
      if (!isLocked(lock)) {
        lock.close();
        throw new SpoolException(
            "another collector uses the spool directory "
                + path
                + ": stop it, or give each its own with spool.directory");
      }
      FileChannel acknowledged = channel(path.resolve("acknowledged"));
      return new SpoolDirectory(path, lock, acknowledged, Files.getFileStore(path));
    } catch (IOException | UnsupportedOperationException e) {
      closeQuietly(lock);
      throw new SpoolException(
          "the spool directory "
              + path
              + " cannot be used ("
              + e
              + "): make it writable, or name another with spool.directory",
          e);
    }
  }

  private static FileChannel channel(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        OWNER_ONLY);
  }

  @SuppressWarnings("resource") // the lock goes with its channel
  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock held = channel.tryLock();
      return held != null;
    } catch (OverlappingFileLockException byThisProcess) {
      return false;
    }
  }

  private static void closeQuietly(FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.debug("closing", e);
      }
    }
  }

  Path path() {
    return path;
  }

  Path fileOf(long number) {
    return path.resolve(String.format(Locale.ROOT, "%012d.spool", number));
  }

  /** The segments of earlier runs, oldest first. Files that are none are put aside. */
  List<Segment> segments() throws IOException {
    List<Segment> segments = new ArrayList<>();
    try (Stream<Path> files = Files.list(path)) {
      for (Path file : files.toList()) {
        Matcher name = SEGMENT.matcher(file.getFileName().toString());
        if (name.matches()) {
          segment(Long.parseLong(name.group(1)), file).ifPresent(segments::add);
        }
      }
    }
    segments.sort(Comparator.comparingLong(segment -> segment.number));
    return segments;
  }

  private Optional<Segment> segment(long number, Path file) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(SegmentHeader.BYTES);
    long size;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      size = channel.size();
      while (header.hasRemaining() && channel.read(header) >= 0) {
        // until it is full or the file ends
      }
    }
    Optional<SegmentHeader> read = SegmentHeader.decode(header.flip());
    if (read.isEmpty()) {
      if (size < SegmentHeader.BYTES) {
        tornBytes += size; // a crash came before anything was in it
        delete(file);
      } else {
        putAside(file);
      }
    }
    return read.map(h -> new Segment(number, file, h, size));
  }

  /** Bytes of files that had not even a whole header. */
  long tornBytes() {
    return tornBytes;
  }

  /** Keeps a damaged file for those who want to look at it, but not many of them. */
  void putAside(Path file) {
    String name = file.getFileName().toString().replace(".spool", ".damaged");
    LOG.error("{} could not be read whole; it is kept as {}", file, name);
    try {
      Files.move(file, path.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      List<Path> damaged = damaged();
      for (Path oldest : damaged.subList(0, Math.max(0, damaged.size() - MOST_DAMAGED))) {
        delete(oldest);
      }
    } catch (IOException e) {
      LOG.warn("{} could not be renamed: {}", file, e.toString());
      delete(file);
    }
  }

  private List<Path> damaged() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(file -> file.toString().endsWith(".damaged")).sorted().toList();
    }
  }

  /** Bytes of the files that were put aside. */
  long damagedBytes() {
    long bytes = 0;
    try {
      for (Path file : damaged()) {
        bytes += Files.size(file);
      }
    } catch (IOException e) {
      LOG.debug("sizes of damaged files", e);
    }
    return bytes;
  }

  /** Bytes that can still be written to the file system. */
  long free() {
    try {
      return store.getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The mark, empty when there is none that can be read. */
  Optional<Mark> mark() throws IOException {
    ByteBuffer in = ByteBuffer.allocate(MARK_BYTES);
    int got = acknowledged.read(in, 0);
    if (got < MARK_BYTES || checksum(in.array()) != in.getInt(2 * Long.BYTES)) {
      return Optional.empty();
    }
    return Optional.of(new Mark(in.getLong(0), in.getLong(Long.BYTES)));
  }

  void mark(Mark mark) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(MARK_BYTES);
    out.putLong(mark.segment).putLong(mark.offset).putInt(checksum(out.array())).flip();
    while (out.hasRemaining()) {
      int unused = acknowledged.write(out, out.position());
    }
  }

  private static int checksum(byte[] mark) {
    CRC32C crc = new CRC32C();
    crc.update(mark, 0, 2 * Long.BYTES);
    return (int) crc.getValue();
  }

  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("{} could not be deleted: {}", file, e.toString());
    }
  }

  @Override
  public void close() {
    closeQuietly(acknowledged);
    closeQuietly(lock);
  }
}
