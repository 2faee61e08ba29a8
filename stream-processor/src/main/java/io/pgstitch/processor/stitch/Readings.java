package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.Blocks;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.processor.state.Wal;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.WalUsage;

/** Arithmetic on counter readings. */
final class Readings {
  private Readings() {}

  static Reading copy(Reading from) {
    Reading copy = new Reading();
    copy.setTimeNs(from.getTimeNs());
    copy.setCpuNs(from.getCpuNs());
    copy.setWaitNs(from.getWaitNs());
    copy.setBlocks(from.getBlocks());
    copy.setWal(from.getWal());
    return copy;
  }

  /**
   * Whether two readings were taken with nothing between them: of blocks and WAL, the very sums.
   */
  @SuppressWarnings("ReferenceEquality") // sums are never changed, and equal ones are no matter
  static boolean isSame(Reading one, Reading other) {
    return one.getTimeNs() == other.getTimeNs()
        && one.getCpuNs() == other.getCpuNs()
        && one.getWaitNs() == other.getWaitNs()
        && one.getBlocks() == other.getBlocks()
        && one.getWal() == other.getWal();
  }

  /** The reading at the start of a wait that ends now: a wait changes nothing but the waits. */
  static Reading beforeWait(Reading now, long waitNs) {
    Reading before = copy(now);
    before.setTimeNs(now.getTimeNs() - waitNs);
    before.setWaitNs(now.getWaitNs() - waitNs);
    return before;
  }

  /** Whether no local or temporary block moved, and none was written. */
  static boolean isSharedAlone(BufferUsage moved) {
    return moved.getSharedWritten() == 0
        && moved.getLocalHit() == 0
        && moved.getLocalRead() == 0
        && moved.getLocalDirtied() == 0
        && moved.getLocalWritten() == 0
        && moved.getTempRead() == 0
        && moved.getTempWritten() == 0;
  }

  static Blocks plus(Blocks blocks, BufferUsage usage) {
    Blocks sum = new Blocks();
    sum.setSharedHit(blocks.getSharedHit() + usage.getSharedHit());
    sum.setSharedRead(blocks.getSharedRead() + usage.getSharedRead());
    sum.setSharedDirtied(blocks.getSharedDirtied() + usage.getSharedDirtied());
    sum.setSharedWritten(blocks.getSharedWritten() + usage.getSharedWritten());
    sum.setLocalHit(blocks.getLocalHit() + usage.getLocalHit());
    sum.setLocalRead(blocks.getLocalRead() + usage.getLocalRead());
    sum.setLocalDirtied(blocks.getLocalDirtied() + usage.getLocalDirtied());
    sum.setLocalWritten(blocks.getLocalWritten() + usage.getLocalWritten());
    sum.setTempRead(blocks.getTempRead() + usage.getTempRead());
    sum.setTempWritten(blocks.getTempWritten() + usage.getTempWritten());
    return sum;
  }

  /** What moved between two readings, null when nothing did. */
  static BufferUsage between(Blocks start, Blocks end) {
    if (start.equals(end)) {
      return null;
    }
    BufferUsage moved = new BufferUsage();
    moved.setSharedHit(end.getSharedHit() - start.getSharedHit());
    moved.setSharedRead(end.getSharedRead() - start.getSharedRead());
    moved.setSharedDirtied(end.getSharedDirtied() - start.getSharedDirtied());
    moved.setSharedWritten(end.getSharedWritten() - start.getSharedWritten());
    moved.setLocalHit(end.getLocalHit() - start.getLocalHit());
    moved.setLocalRead(end.getLocalRead() - start.getLocalRead());
    moved.setLocalDirtied(end.getLocalDirtied() - start.getLocalDirtied());
    moved.setLocalWritten(end.getLocalWritten() - start.getLocalWritten());
    moved.setTempRead(end.getTempRead() - start.getTempRead());
    moved.setTempWritten(end.getTempWritten() - start.getTempWritten());
    return moved;
  }

  /** The sum; the same when nothing was made. */
  static Wal plus(Wal wal, WalUsage made) {
    if (made == null) {
      return wal;
    }
    Wal sum = new Wal();
    sum.setRecords(wal.getRecords() + made.getRecords());
    sum.setFullPageImages(wal.getFullPageImages() + made.getFullPageImages());
    sum.setBytes(wal.getBytes() + made.getBytes());
    return sum;
  }

  /** What was made between two readings, null when nothing was. */
  static WalUsage between(Wal start, Wal end) {
    if (start.equals(end)) {
      return null;
    }
    WalUsage made = new WalUsage();
    made.setRecords(end.getRecords() - start.getRecords());
    made.setFullPageImages(end.getFullPageImages() - start.getFullPageImages());
    made.setBytes(end.getBytes() - start.getBytes());
    return made;
  }

  static Wal noWal() {
    return new Wal();
  }

  static Blocks none() {
    return new Blocks();
  }

  /** Microseconds of CPU between two readings, such that consecutive windows add up exactly. */
  static long cpuUs(Reading start, Reading end) {
    return end.getCpuNs() / 1000 - start.getCpuNs() / 1000;
  }
}
