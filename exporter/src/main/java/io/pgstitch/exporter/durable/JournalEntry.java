package io.pgstitch.exporter.durable;

import io.pgstitch.exporter.sink.Partition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One batch in the journal: where each partition stands after it, and what it writes where.
 *
 * @param next next offset wanted of each partition the batch touched
 * @param writes bytes with their places
 */
record JournalEntry(Map<Partition, Long> next, List<Write> writes) {

  /** About as much as names and positions take. */
  private static final int NAMES_BYTES = 4096;

  /**
   * Bytes at a place.
   *
   * @param file name of the file
   * @param position where the bytes begin
   * @param bytes the bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // compared nowhere
  record Write(String file, long position, byte[] bytes) {}

  byte[] encode() {
    int written = writes.stream().mapToInt(write -> write.bytes().length).sum();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(written + NAMES_BYTES);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(next.size());
      for (Map.Entry<Partition, Long> e : next.entrySet()) {
        out.writeUTF(e.getKey().topic());
        out.writeUTF(e.getKey().topicId());
        out.writeInt(e.getKey().number());
        out.writeLong(e.getValue());
      }
      out.writeInt(writes.size());
      for (Write write : writes) {
        out.writeUTF(write.file());
        out.writeLong(write.position());
        out.writeInt(write.bytes().length);
        out.write(write.bytes());
      }
    } catch (IOException e) {
      throw new IllegalStateException("memory refused a write", e);
    }
    return bytes.toByteArray();
  }

  static JournalEntry decode(byte[] payload) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload));
    Map<Partition, Long> next = new LinkedHashMap<>();
    int partitions = in.readInt();
    for (int i = 0; i < partitions; i++) {
      next.put(new Partition(in.readUTF(), in.readUTF(), in.readInt()), in.readLong());
    }
    List<Write> writes = new ArrayList<>();
    int count = in.readInt();
    for (int i = 0; i < count; i++) {
      String file = in.readUTF();
      long position = in.readLong();
      writes.add(new Write(file, position, in.readNBytes(in.readInt())));
    }
    return new JournalEntry(next, writes);
  }
}
