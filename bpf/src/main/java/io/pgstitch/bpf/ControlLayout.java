package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where the kernel programs find transactions and the server's port in one binary: {@code struct
 * control_layout} of events.h.
 *
 * @param myPgxact address of the pointer to the structure that has the transaction's id, 0 where
 *     that is PGPROC
 * @param postPortNumber address of the server's port
 * @param procLxid offset in PGPROC of the local transaction id
 * @param transactionXid offset in PGPROC, or behind myPgxact, of the transaction's id
 * @param portApplicationName offset in Port
 * @param tagRollback number of the command tag ROLLBACK
 * @param stateIdle number of the idle state
 */
public record ControlLayout(
    long myPgxact,
    long postPortNumber,
    int procLxid,
    int transactionXid,
    int portApplicationName,
    int tagRollback,
    int stateIdle) {
  private static final int BYTES = 40;

  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.nativeOrder())
        .putLong(myPgxact)
        .putLong(postPortNumber)
        .putInt(procLxid)
        .putInt(transactionXid)
        .putInt(portApplicationName)
        .putInt(tagRollback)
        .putInt(stateIdle)
        .putInt(0)
        .array();
  }
}
