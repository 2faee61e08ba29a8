package io.pgstitch.processor.replay;

import io.pgstitch.schema.RecordedBatch;
import io.pgstitch.schema.TrustedRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;

/** A recording as a source of raw events. */
public final class FileSource implements RawSource {
  private static final int PROGRESS_EVERY = 256;

  private final Path file;
  private final TraceSelection selection;
  private final String id;
  private Optional<String> damage = Optional.empty();

  /**
   * Opens a recording.
   *
   * @param selection keys that it does not want are passed over
   * @throws ReplayException when it is none
   */
  public FileSource(Path file, TraceSelection selection) {
    TrustedRecords.trust();
    this.file = file;
    this.selection = selection;
    try (DataFileReader<RecordedBatch> reader = open()) {
      id = reader.getMetaString(RecordingFile.ID);
    } catch (IOException | AvroRuntimeException e) {
      throw unreadable(e);
    }
    if (id == null) {
      throw unreadable(null);
    }
  }

  private ReplayException unreadable(Exception cause) {
    return new ReplayException(
        "cannot read " + file + (cause == null ? "" : ": " + cause.getMessage()),
        "Give --file a recording that `pgstitch record` made.",
        cause);
  }

  private DataFileReader<RecordedBatch> open() throws IOException {
    DataFileReader<RecordedBatch> reader =
        new DataFileReader<>(
            file.toFile(), new SpecificDatumReader<>(RecordedBatch.getClassSchema()));
    if (!reader.getSchema().getFullName().equals(RecordedBatch.getClassSchema().getFullName())) {
      reader.close();
      throw new IOException("it is a file of " + reader.getSchema().getFullName());
    }
    return reader;
  }

  @Override
  public List<Integer> streams() {
    return List.of(0);
  }

  @Override
  public long size(int stream) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  @Override
  public void read(int stream, Reader to) {
    double size = Math.max(1, size(stream));
    long number = 0;
    try (DataFileReader<RecordedBatch> reader = open()) {
      while (hasNext(reader, number)) {
        RecordedBatch record = reader.next();
        if (selection.mayWant(record.getKey())) {
          to.record(
              new RawRecord(number, record.getKey(), record.getTimestampMs(), record.getBatch()));
        }
        number++;
        if (number % PROGRESS_EVERY == 0) {
          to.reached(Math.min(1, reader.previousSync() / size));
        }
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * A recorder that was killed leaves a block that is cut; what precedes it is whole. The reader
   * takes such a block for the end, but the file goes on behind the last mark it saw.
   */
  private boolean hasNext(DataFileReader<RecordedBatch> reader, long number) throws IOException {
    boolean cut;
    try {
      if (reader.hasNext()) {
        return true;
      }
      cut = reader.previousSync() < Files.size(file);
    } catch (AvroRuntimeException e) {
      cut = true;
    }
    if (cut) {
      damage =
          Optional.of(
              file + " is damaged or cut after " + number + " batches; what follows is not read");
    }
    return false;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public long undecodable() {
    return 0;
  }

  @Override
  public Optional<String> missing() {
    return Optional.empty();
  }

  @Override
  public Optional<String> damage() {
    return damage;
  }

  @Override
  public void close() {}
}
