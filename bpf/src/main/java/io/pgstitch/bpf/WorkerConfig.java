package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel programs are told about the processes without a client of one server binary:
 * {@code struct worker_config} of facts.h.
 *
 * @param myBackendType virtual address in the file of MyBackendType (miscadmin.h)
 * @param autovacuumWorker B_AUTOVAC_WORKER of BackendType
 * @param type offset of bgw_type in BackgroundWorker (postmaster/bgworker.h)
 * @param mainArgument offset of bgw_main_arg
 * @param extra offset of bgw_extra
 * @param background for each kind of process that is traced a bit {@code 1 << kind}, with the KIND
 *     constants of {@link KernelEvent}
 */
public record WorkerConfig(
    long myBackendType,
    int autovacuumWorker,
    int type,
    int mainArgument,
    int extra,
    int background) {
  private static final int BYTES = 32;

  /** Of a build whose structs are not followed: no such process is told from others. */
  public static final WorkerConfig NONE = new WorkerConfig(0, 0, 0, 0, 0, 0);

  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.nativeOrder())
        .putLong(myBackendType)
        .putInt(autovacuumWorker)
        .putInt(type)
        .putInt(mainArgument)
        .putInt(extra)
        .putInt(background)
        .putInt(myBackendType == 0 ? 0 : 1)
        .array();
  }
}
