package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel programs are told about one server binary to find what waits wait for and what
 * errors say: {@code struct target_config} of facts.h. Addresses are virtual addresses in the file,
 * 0 where the binary has no such symbol; offsets are in bytes.
 *
 * @param lockConflicts for each lock mode from 1 to 8, at its index, a bit {@code 1 << mode} for
 *     each mode that it conflicts with
 */
@SuppressWarnings("ArrayRecordComponent") // handed to the kernel once, never compared
public record TargetConfig(
    long myDatabaseId,
    long myDatabaseTableSpace,
    int locallockLock,
    int lockProcLocks,
    int proclockMyLock,
    int proclockGroupLeader,
    int proclockHoldMask,
    int proclockLockLink,
    int procPid,
    int procLockGroupLeader,
    int estateRelations,
    int estateRangeTableSize,
    int relationId,
    int relationRow,
    int relationLocator,
    int relationBackend,
    int rowName,
    int rowFile,
    int rowTablespace,
    int rowShared,
    int stringData,
    int stringLength,
    int stringCursor,
    int errorSqlstate,
    Aio aio,
    int[] lockConflicts) {

  private static final int MODES = 16;
  private static final int BYTES = 16 + 24 * 4 + 8 + 6 * 4 + MODES * 4;

  /**
   * Where the handles of asynchronous IO are, 18 and later.
   *
   * @param control address of pgaio_ctl
   * @param handleSize 0 where the server has none
   * @param smgr the target that is blocks of a relation
   */
  public record Aio(
      long control,
      int handleSize,
      int handleCount,
      int handles,
      int target,
      int targetData,
      int generation,
      int smgr) {
    /** Of a server without. */
    public static final Aio NONE = new Aio(0, 0, 0, 0, 0, 0, 0, 0);
  }

  byte[] toBytes() {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
    out.putLong(myDatabaseId)
        .putLong(myDatabaseTableSpace)
        .putInt(locallockLock)
        .putInt(lockProcLocks)
        .putInt(proclockMyLock)
        .putInt(proclockGroupLeader)
        .putInt(proclockHoldMask)
        .putInt(proclockLockLink)
        .putInt(procPid)
        .putInt(procLockGroupLeader)
        .putInt(estateRelations)
        .putInt(estateRangeTableSize)
        .putInt(relationId)
        .putInt(relationRow)
        .putInt(relationLocator)
        .putInt(relationBackend)
        .putInt(rowName)
        .putInt(rowFile)
        .putInt(rowTablespace)
        .putInt(rowShared)
        .putInt(stringData)
        .putInt(stringLength)
        .putInt(stringCursor)
        .putInt(errorSqlstate)
        .putInt(1)
        .putInt(aio.handleSize)
        .putLong(aio.control)
        .putInt(aio.handleCount)
        .putInt(aio.handles)
        .putInt(aio.target)
        .putInt(aio.targetData)
        .putInt(aio.generation)
        .putInt(aio.smgr);
    for (int mode = 0; mode < MODES; mode++) {
      out.putInt(mode < lockConflicts.length ? lockConflicts[mode] : 0);
    }
    return out.array();
  }
}
