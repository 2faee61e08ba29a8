package io.pgstitch.exporter.durable;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A file of entries, each framed as length, CRC-32C and payload. An entry counts once {@link
 * #append} has returned; what a crash left behind it is cut off when the journal is opened.
 */
final class Journal implements AutoCloseable {

  private static final int FRAME_BYTES = 8;

  private final FileChannel channel;
  private final List<JournalEntry> found;
  private long length;

  private Journal(FileChannel channel, List<JournalEntry> found, long length) {
    this.channel = channel;
    this.found = found;
    this.length = length;
  }

  /** Opens the journal, or begins one, and reads the entries that count. */
  static Journal open(Path path) throws IOException {
    List<JournalEntry> entries = new ArrayList<>();
    long good = Files.exists(path) ? read(path, entries) : 0;
    FileChannel channel =
        PrivateFiles.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (channel.size() > good) {
      channel.truncate(good);
      channel.force(true);
    }
    return new Journal(channel, entries, good);
  }

  /** Replaces the journal at {@code path} by one that holds {@code first} alone; atomic. */
  static Journal replace(Path path, JournalEntry first) throws IOException {
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Journal journal = open(fresh);
    try {
      journal.append(first);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      PrivateFiles.forceDirectory(path.toAbsolutePath().getParent());
    } catch (IOException e) {
      journal.close();
      throw e;
    }
    return journal;
  }

  /** The entries that were there when it was opened, in order. */
  List<JournalEntry> found() {
    return found;
  }

  long length() {
    return length;
  }

  /** Adds an entry and waits until it is on disk. After a failure the journal ends where it did. */
  void append(JournalEntry entry) throws IOException {
    byte[] payload = entry.encode();
    ByteBuffer head = ByteBuffer.allocate(FRAME_BYTES);
    head.putInt(payload.length).putInt(crc(payload)).flip();
    try {
      PrivateFiles.writeAt(channel, head, length);
      PrivateFiles.writeAt(channel, ByteBuffer.wrap(payload), length + FRAME_BYTES);
      channel.force(false);
    } catch (IOException e) {
      channel.truncate(length);
      throw e;
    }
    length += FRAME_BYTES + payload.length;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static long read(Path path, List<JournalEntry> into) throws IOException {
    long good = 0;
    long size = Files.size(path);
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(path)))) {
      while (size - good >= FRAME_BYTES) {
        int length = in.readInt();
        int crc = in.readInt();
        if (length < 0 || length > size - good - FRAME_BYTES) {
          break;
        }
        byte[] payload = in.readNBytes(length);
        if (crc(payload) != crc) {
          break;
        }
        into.add(JournalEntry.decode(payload));
        good += FRAME_BYTES + length;
      }
    } catch (EOFException e) {
      throw new IOException(path + " changed while it was read", e);
    }
    return good;
  }

  private static int crc(byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue();
  }
}
