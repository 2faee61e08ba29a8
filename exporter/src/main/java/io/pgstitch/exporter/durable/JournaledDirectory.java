package io.pgstitch.exporter.durable;

import io.pgstitch.exporter.sink.Partition;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of files that only grow, by whole batches, each exactly once.
 *
 * <p>A batch is first appended to a journal, with the offsets it ends at and the place of every
 * byte, and is durable with the journal's one fsync. Then its bytes are written to the files. At
 * the start the journal's batches are written again, to the same places, and each file is cut after
 * the last of them; so wherever a crash came, a batch is in the files wholly or not at all, and the
 * offsets say which. When the journal has grown long, the files are forced to disk and it is
 * replaced by one that holds the offsets alone.
 *
 * <p>Not for use by several threads.
 */
public final class JournaledDirectory implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(JournaledDirectory.class);

  private final Path journalPath;
  private final long checkpointBytes;
  private final OpenFiles files;
  private final FileChannel lockChannel;
  private final FileLock lock;
  private final Map<Partition, Long> next = new HashMap<>();
  private Journal journal;

  /**
   * Opens the directory, makes it where it is missing (mode 0700), and repairs what a crash left.
   *
   * @param directory where the files lie
   * @param name of this journal: files {@code .NAME.journal} and {@code .NAME.lock} beside the data
   * @param openLimit most files to hold open at a time
   * @param checkpointBytes length of the journal in bytes from which it is replaced
   * @throws IOException when the directory cannot be used, or another process uses it
   */
  public static JournaledDirectory open(
      Path directory, String name, int openLimit, long checkpointBytes) throws IOException {
    PrivateFiles.makeDirectories(directory);
    Path lockPath = directory.resolve("." + name + ".lock");
    FileChannel lockChannel =
        PrivateFiles.open(lockPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = lockChannel.tryLock();
      if (lock == null) {
        throw inUse(directory, null);
      }
      return new JournaledDirectory(
          directory.resolve("." + name + ".journal"),
          checkpointBytes,
          new OpenFiles(directory, openLimit),
          lockChannel,
          lock);
    } catch (OverlappingFileLockException e) {
      lockChannel.close();
      throw inUse(directory, e);
    } catch (IOException e) {
      lockChannel.close();
      throw e;
    }
  }

  private JournaledDirectory(
      Path journalPath,
      long checkpointBytes,
      OpenFiles files,
      FileChannel lockChannel,
      FileLock lock)
      throws IOException {
    this.journalPath = journalPath;
    this.checkpointBytes = checkpointBytes;
    this.files = files;
    this.lockChannel = lockChannel;
    this.lock = lock;
    recover();
  }

  /** Repairs what a failed {@link #append} left; to be called before {@link #holds}. */
  public void ready() throws IOException {
    if (journal == null) {
      recover();
    }
  }

  /** Whether the record at this offset is in the files already. */
  public boolean holds(Partition partition, long offset) {
    return offset < next.getOrDefault(partition, Long.MIN_VALUE);
  }

  /**
   * Appends a batch; durable when it returns.
   *
   * @param appends at most one for each file
   * @param reached next offset wanted of each partition, once this batch is in
   * @throws IOException when the disk refused; call {@link #ready} and ask {@link #holds} what is
   *     in before trying again
   */
  public void append(List<Append> appends, Map<Partition, Long> reached) throws IOException {
    ready();
    List<JournalEntry.Write> writes = new ArrayList<>(appends.size());
    for (Append append : appends) {
      long position = files.length(append.file());
      writes.add(new JournalEntry.Write(append.file(), position, append.at(position)));
    }
    JournalEntry entry = new JournalEntry(reached, writes);
    try {
      journal.append(entry);
      next.putAll(reached);
      for (JournalEntry.Write write : writes) {
        files.write(write.file(), write.bytes(), write.position());
      }
      if (journal.length() > checkpointBytes) {
        checkpoint();
      }
    } catch (IOException e) {
      // The files may now lag behind the journal: nothing may be appended before a recovery.
      abandonJournal(e);
      throw e;
    }
  }

  /** Forces all to disk and lets go of the directory. */
  @Override
  public void close() throws IOException {
    try (lockChannel;
        lock;
        files) {
      if (journal != null) {
        checkpoint();
        journal.close();
      }
    }
  }

  private void recover() throws IOException {
    Journal opened = Journal.open(journalPath);
    next.clear();
    Map<String, Long> ends = new LinkedHashMap<>();
    for (JournalEntry entry : opened.found()) {
      next.putAll(entry.next());
      for (JournalEntry.Write write : entry.writes()) {
        redo(write, ends);
      }
    }
    for (Map.Entry<String, Long> end : ends.entrySet()) {
      files.truncate(end.getKey(), end.getValue());
    }
    journal = opened;
    checkpoint();
  }

  private void redo(JournalEntry.Write write, Map<String, Long> ends) throws IOException {
    long end = ends.getOrDefault(write.file(), files.length(write.file()));
    if (write.position() > end) {
      LOG.warn(
          "{} is shorter than it was: someone removed or cut it; {} bytes are not written again",
          write.file(),
          write.bytes().length);
      return;
    }
    files.write(write.file(), write.bytes(), write.position());
    ends.put(write.file(), write.position() + write.bytes().length);
  }

  private void checkpoint() throws IOException {
    files.forceAndClose();
    Journal fresh = Journal.replace(journalPath, new JournalEntry(Map.copyOf(next), List.of()));
    journal.close();
    journal = fresh;
  }

  private void abandonJournal(IOException cause) {
    try {
      journal.close();
      files.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    journal = null;
  }

  private static IOException inUse(Path directory, Exception cause) {
    return new IOException(
        directory
            + " is in use by another exporter: give each one a directory of its own, or stop the"
            + " other",
        cause);
  }
}
