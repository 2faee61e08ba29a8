package io.pgstitch.collector.spool;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.encode.EncodedBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that a crash or a bad disk left: what is whole is read, in order, and nothing else. */
final class DamagedSpoolTest {
  private static final Framing FRAMING = new Framing(TestBatches.SCHEMA, 1);
  private static final int BATCHES = 40;
  private static final int CASES = 600;

  @TempDir Path dir;

  private SpoolSettings settings(Path path) {
    return new SpoolSettings(path, 64 << 20, 0);
  }

  private List<EncodedBatch> written(Path path) {
    TestBatches batches = new TestBatches(1, 5);
    List<EncodedBatch> written = new ArrayList<>();
    try (Spool spool = Spool.open(settings(path), FRAMING)) {
      for (int i = 0; i < BATCHES; i++) {
        EncodedBatch batch = batches.next(i % 10 == 0 ? 20_000 : 300);
        written.add(batch);
        assertThat(spool.append(batch)).isNotNull();
      }
    }
    return written;
  }

  @Test
  void whatIsWholeIsReadInOrder() throws IOException {
    List<EncodedBatch> written = written(dir.resolve("good"));
    Path good = segment(dir.resolve("good"));
    byte[] bytes = Files.readAllBytes(good);
    Random random = new Random(2);
    long corrupt = 0;
    long torn = 0;
    for (int i = 0; i < CASES; i++) {
      Path path = Files.createDirectory(dir.resolve("case" + i));
      int damages = 1 + random.nextInt(3);
      byte[] damaged = bytes.clone();
      for (int d = 0; d < damages; d++) {
        damaged = damage(damaged, random);
      }
      Files.write(path.resolve(good.getFileName()), damaged);
      List<Integer> read = new ArrayList<>();
      SpoolStatus status;
      try (Spool spool = Spool.open(settings(path), FRAMING)) {
        for (Spool.Stored s = spool.next(); s != null; s = spool.next()) {
          read.add(indexOf(s.batch(), written));
          spool.acknowledge(s.position());
        }
        assertThat(spool.hasUnread()).isFalse();
        status = spool.status();
        assertThat(spool.append(written.get(0))).as("goes on").isNotNull();
      }
      assertThat(read).as("case %d", i).doesNotContain(-1).isSorted().doesNotHaveDuplicates();
      corrupt += status.corruptRecords();
      torn += status.tornBytes();
      if (read.size() < BATCHES && damaged.length > 0) {
        assertThat(status.corruptRecords() + status.tornBytes() + asideOf(path))
            .as("case %d lost %d batches without a word", i, BATCHES - read.size())
            .isPositive();
      }
    }
    assertThat(corrupt).isPositive();
    assertThat(torn).isPositive();
  }

  @Test
  void everyCutLeavesWhatStandsBeforeIt() throws IOException {
    List<EncodedBatch> written = written(dir.resolve("good"));
    Path good = segment(dir.resolve("good"));
    byte[] bytes = Files.readAllBytes(good);
    int before = 0;
    for (int cut = SegmentHeader.BYTES; cut < bytes.length; cut += 211) {
      Path path = Files.createDirectory(dir.resolve("cut" + cut));
      Files.write(path.resolve(good.getFileName()), Arrays.copyOf(bytes, cut));
      int read = 0;
      try (Spool spool = Spool.open(settings(path), FRAMING)) {
        for (Spool.Stored s = spool.next(); s != null; s = spool.next()) {
          assertThat(indexOf(s.batch(), written)).isEqualTo(read);
          read++;
        }
        assertThat(spool.status().corruptRecords()).isZero();
      }
      assertThat(read).isGreaterThanOrEqualTo(before).isLessThan(BATCHES);
      before = read;
    }
    assertThat(before).isGreaterThan(BATCHES / 2);
  }

  @Test
  void aFlippedBitCostsOneBatchAndTheFileIsKeptAside() throws IOException {
    List<EncodedBatch> written = written(dir);
    Path file = segment(dir);
    byte[] bytes = Files.readAllBytes(file);
    bytes[SegmentHeader.BYTES + 40] ^= 4;
    Files.write(file, bytes);
    try (Spool spool = Spool.open(settings(dir), FRAMING)) {
      List<Integer> read = new ArrayList<>();
      for (Spool.Stored s = spool.next(); s != null; s = spool.next()) {
        read.add(indexOf(s.batch(), written));
        spool.acknowledge(s.position());
      }
      assertThat(read).hasSize(BATCHES - 1).doesNotContain(0);
      assertThat(spool.status().corruptRecords()).isEqualTo(1);
      assertThat(spool.status().tornBytes()).isZero();
      assertThat(spool.status().batches()).isZero();
    }
    assertThat(asideOf(dir)).isEqualTo(1);
    assertThat(file).doesNotExist();
  }

  private static byte[] damage(byte[] bytes, Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> {
        byte[] flipped = bytes.clone();
        if (flipped.length > 0) {
          flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        }
        yield flipped;
      }
      case 2 -> {
        byte[] overwritten = bytes.clone();
        int from = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, from + random.nextInt(2_000));
        byte[] noise = new byte[to - from];
        if (random.nextBoolean()) {
          random.nextBytes(noise);
        }
        System.arraycopy(noise, 0, overwritten, from, noise.length);
        yield overwritten;
      }
      default -> {
        int from = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, from + random.nextInt(500));
        byte[] shorter = new byte[bytes.length - (to - from)];
        System.arraycopy(bytes, 0, shorter, 0, from);
        System.arraycopy(bytes, to, shorter, from, bytes.length - to);
        yield shorter;
      }
    };
  }

  private static int indexOf(EncodedBatch batch, List<EncodedBatch> written) {
    for (int i = 0; i < written.size(); i++) {
      EncodedBatch w = written.get(i);
      if (w.pid() == batch.pid()
          && w.key().equals(batch.key())
          && w.firstSequence() == batch.firstSequence()
          && w.utcMillis() == batch.utcMillis()
          && Arrays.equals(w.value(), batch.value())) {
        return i;
      }
    }
    return -1;
  }

  private static Path segment(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(f -> f.toString().endsWith(".spool")).findFirst().orElseThrow();
    }
  }

  private static long asideOf(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(f -> f.toString().endsWith(".damaged")).count();
    }
  }
}
