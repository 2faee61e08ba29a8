package io.pgstitch.processor.replay;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.RecordedBatch;
import io.pgstitch.schema.RecordedHeader;
import io.pgstitch.schema.TrustedRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A recording that is being made: an Avro object container file of {@link RecordedBatch}es, deflate
 * compressed, readable by its owner alone, as it holds texts of statements and bind values.
 */
public final class RecordingFile implements AutoCloseable {
  /** Metadata entry that names a recording. */
  static final String ID = "pgstitch.recording";

  private static final int COMPRESSION = 6;
  private static final int BLOCK_BYTES = 256 << 10;

  private final Path path;
  private final DataFileWriter<RecordedBatch> writer;
  private long batches;
  private long events;

  private RecordingFile(Path path, DataFileWriter<RecordedBatch> writer) {
    this.path = path;
    this.writer = writer;
  }

  /**
   * Begins a recording.
   *
   * @throws ReplayException when the file exists or cannot be made
   */
  public static RecordingFile create(Path path) {
    TrustedRecords.trust();
    try {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      DataFileWriter<RecordedBatch> writer =
          new DataFileWriter<>(new SpecificDatumWriter<>(RecordedBatch.getClassSchema()));
      writer.setCodec(CodecFactory.deflateCodec(COMPRESSION));
      writer.setSyncInterval(BLOCK_BYTES);
      writer.setMeta(ID, UUID.randomUUID().toString());
      writer.create(RecordedBatch.getClassSchema(), path.toFile());
      return new RecordingFile(path, writer);
    } catch (FileAlreadyExistsException e) {
      throw new ReplayException(
          path + " exists", "Give --out a new name: recordings are not overwritten.", e);
    } catch (IOException e) {
      throw new ReplayException(
          "cannot write " + path + ": " + e,
          "Give --out a file in a directory you may write to.",
          e);
    }
  }

  /** Adds a record. */
  public void add(ConsumerRecord<byte[], byte[]> record, RawEventBatch batch) {
    List<RecordedHeader> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      headers.add(
          new RecordedHeader(
              header.key(), header.value() == null ? null : ByteBuffer.wrap(header.value())));
    }
    RecordedBatch recorded =
        new RecordedBatch(
            record.topic(),
            record.partition(),
            record.offset(),
            record.timestamp(),
            record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8),
            headers,
            batch);
    try {
      writer.append(recorded);
    } catch (IOException e) {
      throw unwritable(e);
    }
    batches++;
    events += batch.getEvents().size();
  }

  /** What was added before is in the file, also when this process is killed. */
  public void flush() {
    try {
      writer.flush();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Batches so far. */
  public long batches() {
    return batches;
  }

  /** Events so far. */
  public long events() {
    return events;
  }

  private ReplayException unwritable(IOException e) {
    return new ReplayException(
        "cannot write " + path + ": " + e,
        "What was written before is whole and can be replayed; make room or give another --out.",
        e);
  }

  @Override
  public void close() {
    try {
      writer.fSync();
      writer.close();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }
}
