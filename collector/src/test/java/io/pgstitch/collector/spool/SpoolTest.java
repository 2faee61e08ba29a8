package io.pgstitch.collector.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.collector.encode.EncodedBatch;
import io.pgstitch.schema.AvroFraming;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpoolTest {
  private static final Framing FRAMING = new Framing(TestBatches.SCHEMA, 1);
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path dir;
  private final TestBatches batches = new TestBatches(1, 5);

  private Spool open(Path path, long maxBytes) {
    return Spool.open(new SpoolSettings(path, maxBytes, 0), FRAMING);
  }

  /** The files as a process leaves them that is killed now. */
  private Path copied(String name) throws IOException {
    Path copy = Files.createDirectory(dir.resolve(name));
    try (Stream<Path> files = Files.list(dir.resolve("spool"))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static List<EncodedBatch> rest(Spool spool) {
    List<EncodedBatch> rest = new ArrayList<>();
    for (Spool.Stored s = spool.next(); s != null; s = spool.next()) {
      rest.add(s.batch());
    }
    return rest;
  }

  private static List<Long> firsts(List<EncodedBatch> some) {
    return some.stream().map(b -> b.pid() * 1_000_000L + b.firstSequence()).toList();
  }

  @Test
  void givesBackWhatItGotInOrderAndDeletesWhatIsAcknowledged() throws IOException {
    List<EncodedBatch> put = new ArrayList<>();
    List<EncodedBatch> got = new ArrayList<>();
    Random random = new Random(3);
    try (Spool spool = open(dir.resolve("spool"), 64 * MEBIBYTE)) {
      for (int i = 0; i < 5_000; i++) {
        if (random.nextInt(3) > 0) {
          EncodedBatch batch = batches.next(2_000);
          put.add(batch);
          assertThat(spool.append(batch)).isNotNull();
        } else {
          Spool.Stored stored = spool.next();
          if (stored != null) {
            got.add(stored.batch());
            spool.acknowledge(stored.position());
          }
        }
      }
      for (Spool.Stored s = spool.next(); s != null; s = spool.next()) {
        got.add(s.batch());
        spool.acknowledge(s.position());
      }
      assertThat(firsts(got)).isEqualTo(firsts(put));
      assertThat(spool.status().batches()).isZero();
      assertThat(spool.status().bytes()).isZero();
      assertThat(spool.status().droppedBatches()).isZero();
    }
    try (Stream<Path> files = Files.list(dir.resolve("spool"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("lock", "acknowledged");
    }
  }

  @Test
  void aProcessThatIsKilledLeavesWhatWasNotAcknowledged() throws IOException {
    try (Spool spool = open(dir.resolve("spool"), 64 * MEBIBYTE)) {
      List<EncodedBatch> put = new ArrayList<>();
      for (int i = 0; i < 3_000; i++) {
        EncodedBatch batch = batches.next(3_000);
        put.add(batch);
        assertThat(spool.append(batch)).isNotNull();
      }
      for (int i = 0; i < 1_000; i++) {
        Spool.Stored stored = spool.next();
        if (i < 700) {
          spool.acknowledge(stored.position());
        }
      }
      spool.checkpoint();
      assertThat(spool.status().batches()).isEqualTo(2_300);
      Path copy = copied("killed");
      try (Spool next = open(copy, 64 * MEBIBYTE)) {
        assertThat(next.hasUnread()).isTrue();
        assertThat(next.status().batches()).isBetween(2_200L, 2_400L);
        assertThat(next.status().oldestUtcMillis()).isPositive();
        EncodedBatch behind = batches.next(100);
        assertThat(next.append(behind)).isNotNull();
        put.add(behind);
        assertThat(firsts(rest(next))).isEqualTo(firsts(put.subList(700, put.size())));
      }
    }
  }

  @Test
  void copiesOfWhatIsOnItsWayAreNotReadAgainByThisProcessButByTheNext() throws IOException {
    try (Spool spool = open(dir.resolve("spool"), 64 * MEBIBYTE)) {
      List<Spool.Position> positions = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        positions.add(spool.append(batches.next(3_000)));
      }
      spool.skipUnread();
      assertThat(spool.next()).isNull();
      EncodedBatch last = batches.next(10);
      assertThat(spool.append(last)).isNotNull();
      for (Spool.Position position : positions.subList(0, 4)) {
        spool.acknowledge(position);
      }
      spool.checkpoint();
      try (Spool next = open(copied("killed"), 64 * MEBIBYTE)) {
        assertThat(rest(next)).hasSize(7);
      }
      assertThat(firsts(rest(spool))).isEqualTo(firsts(List.of(last)));
    }
  }

  @Test
  void dropsTheOldestWhenItIsFullAndTheNextBatchOfEachBackendSaysSo() throws IOException {
    List<EncodedBatch> put = new ArrayList<>();
    try (Spool spool = open(dir.resolve("spool"), MEBIBYTE)) {
      for (int i = 0; i < 4_000; i++) {
        EncodedBatch batch = batches.next(2_000);
        put.add(batch);
        assertThat(spool.append(batch)).isNotNull();
        assertThat(sizeOf(dir.resolve("spool"))).isLessThanOrEqualTo(MEBIBYTE + 100);
      }
      List<EncodedBatch> kept = rest(spool);
      assertThat(kept).hasSizeBetween(200, 3_000);
      assertThat(firsts(kept)).isEqualTo(firsts(put.subList(put.size() - kept.size(), put.size())));
      Map<Integer, Long> next = new HashMap<>();
      long dropped = 0;
      for (EncodedBatch batch : kept) {
        long expected = next.getOrDefault(batch.pid(), 1L);
        assertThat(batch.lostBefore()).isEqualTo(batch.firstSequence() - expected);
        assertThat(batch.droppedBefore()).isEqualTo(batch.lostBefore());
        dropped += batch.droppedBefore();
        next.put(batch.pid(), batch.lastSequence() + 1);
      }
      assertThat(spool.status().droppedFull()).isEqualTo(dropped).isPositive();
      assertThat(spool.status().droppedBatches()).isEqualTo(put.size() - kept.size());
      assertThat(spool.status().droppedDisk()).isZero();
    }
  }

  @Test
  void leavesTheDiskToOthers() {
    long free = dir.toFile().getUsableSpace();
    try (Spool spool =
        Spool.open(new SpoolSettings(dir.resolve("spool"), MEBIBYTE, 2 * free), FRAMING)) {
      EncodedBatch batch = batches.next(100);
      assertThat(spool.append(batch)).isNull();
      spool.dropped(batch);
      assertThat(spool.status().droppedDisk()).isEqualTo(batch.span());
    }
  }

  @Test
  void isForItsOwnerAndOneCollectorAlone() throws IOException {
    Path path = dir.resolve("a/spool");
    try (Spool spool = open(path, MEBIBYTE)) {
      assertThat(spool.append(batches.next(100))).isNotNull();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
      try (Stream<Path> files = Files.list(path)) {
        for (Path file : files.toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
              .as(file.toString())
              .isEqualTo("rw-------");
        }
      }
      assertThatThrownBy(() -> open(path, MEBIBYTE))
          .isInstanceOf(SpoolException.class)
          .hasMessageContaining("another collector uses")
          .hasMessageContaining("spool.directory");
    }
    open(path, MEBIBYTE).close();
  }

  @Test
  void aDirectoryThatCannotBeUsedIsAClearError() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "");
    assertThatThrownBy(() -> open(file.resolve("spool"), MEBIBYTE))
        .isInstanceOf(SpoolException.class)
        .hasMessageContaining("cannot be used")
        .hasMessageContaining("spool.directory");
  }

  @Test
  void aFileThatIsNoSegmentIsPutAside() throws IOException {
    Path path = Files.createDirectory(dir.resolve("spool"));
    Files.writeString(path.resolve("000000000003.spool"), "x".repeat(1_000));
    Files.writeString(path.resolve("000000000004.spool"), "x");
    try (Spool spool = open(path, MEBIBYTE)) {
      assertThat(spool.hasUnread()).isFalse();
      assertThat(path.resolve("000000000003.damaged")).exists();
      assertThat(path.resolve("000000000004.spool")).doesNotExist();
      assertThat(spool.append(batches.next(100))).isNotNull();
    }
  }

  @Test
  void idsOfTheSchemaAreThoseOfTheRegistryThatIsUsedNow() {
    try (Spool spool = open(dir.resolve("spool"), MEBIBYTE)) {
      assertThat(spool.append(batches.next(100))).isNotNull();
    }
    SpoolSettings settings = new SpoolSettings(dir.resolve("spool"), MEBIBYTE, 0);
    try (Spool other = Spool.open(settings, new Framing(5, 2))) {
      assertThat(AvroFraming.schemaId(other.next().batch().value())).isEqualTo(TestBatches.SCHEMA);
    }
    try (Spool same = Spool.open(settings, new Framing(5, 1))) {
      assertThat(AvroFraming.schemaId(same.next().batch().value())).isEqualTo(5);
    }
  }

  @Test
  void keepsNothingWhenItIsOff() {
    try (Spool off = open(dir.resolve("off"), 0)) {
      assertThat(off.append(batches.next(100))).isNull();
      assertThat(off.hasUnread()).isFalse();
      assertThat(off.next()).isNull();
      assertThat(dir.resolve("off")).doesNotExist();
    }
  }

  private static long sizeOf(Path path) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(path)) {
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }
}
