package io.pgstitch.processor.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.processor.stitch.BackendScript;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recordings, written and read. */
class RecordingTest {
  private static final int BATCHES = 200;

  @TempDir private Path dir;

  private final BackendScript script = new BackendScript();

  private Path record() {
    Path file = dir.resolve("case.avro");
    for (int i = 0; i < BATCHES; i++) {
      script.simpleSelect("select " + i, 1);
    }
    int events = script.size() / BATCHES;
    try (RecordingFile recording = RecordingFile.create(file)) {
      for (int i = 0; i < BATCHES; i++) {
        recording.add(
            kafka(i, script.backend().getPid()), script.batch(i * events, (i + 1) * events, 0));
        if (i == BATCHES / 2) {
          recording.flush();
        }
      }
      assertThat(recording.batches()).isEqualTo(BATCHES);
      assertThat(recording.events()).isEqualTo(script.size());
    }
    return file;
  }

  private ConsumerRecord<byte[], byte[]> kafka(long offset, int pid) {
    script.backend().setPid(pid);
    byte[] key = BackendKey.of(script.backend()).getBytes(StandardCharsets.UTF_8);
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(Topics.RAW_EVENTS, 3, offset, key, null);
    record.headers().add("a header", new byte[] {1}).add("without value", null);
    return record;
  }

  private static List<RawEventBatch> read(FileSource source) {
    List<RawEventBatch> batches = new ArrayList<>();
    source.read(
        0,
        new RawSource.Reader() {
          @Override
          public void record(RawRecord record) {
            assertThat(record.position()).isEqualTo(batches.size());
            batches.add(record.batch());
          }

          @Override
          public void reached(double part) {
            assertThat(part).isBetween(0.0, 1.0);
          }
        });
    return batches;
  }

  @Test
  void whatIsReadIsWhatWasWrittenAsOftenAsItIsRead() throws Exception {
    Path file = record();
    FileSource source = new FileSource(file, TraceSelection.ALL);

    List<RawEventBatch> batches = read(source);

    assertThat(batches).hasSize(BATCHES);
    assertThat(batches.get(7)).isEqualTo(expected(7));
    assertThat(read(source)).isEqualTo(batches);
    assertThat(source.damage()).isEmpty();
    assertThat(source.id()).hasSize(36);
  }

  private RawEventBatch expected(int number) {
    int events = script.size() / BATCHES;
    return script.batch(number * events, (number + 1) * events, 0);
  }

  @Test
  void onlyItsOwnerMayReadIt() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(record())))
        .isEqualTo("rw-------");
  }

  @Test
  void anExistingFileIsNotOverwritten() throws Exception {
    Path file = record();
    byte[] before = Files.readAllBytes(file);
    assertThatThrownBy(() -> RecordingFile.create(file))
        .isInstanceOf(ReplayException.class)
        .hasMessageContaining("exists");
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void ofARecordingThatIsCutTheWholeBlocksAreReadAndTheRestIsNamed() throws Exception {
    Path file = record();
    byte[] all = Files.readAllBytes(file);
    Path cut = dir.resolve("cut.avro");
    Files.write(cut, java.util.Arrays.copyOf(all, all.length - 100));
    FileSource source = new FileSource(cut, TraceSelection.ALL);

    assertThat(read(source)).hasSize(BATCHES / 2 + 1);
    assertThat(source.damage())
        .hasValueSatisfying(text -> assertThat(text).contains("101 batches"));
  }

  @Test
  void aFileThatIsNoRecordingIsNamed() throws Exception {
    Path file = Files.writeString(dir.resolve("notes.txt"), "not a recording at all");
    assertThatThrownBy(() -> new FileSource(file, TraceSelection.ALL))
        .isInstanceOf(ReplayException.class)
        .hasMessageContaining("notes.txt");
    assertThatThrownBy(() -> new FileSource(dir.resolve("absent"), TraceSelection.ALL))
        .isInstanceOf(ReplayException.class);
  }
}
