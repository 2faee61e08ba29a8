package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * Where the kernel programs find transactions and the server's port in one binary: {@code struct
 * control_layout} of facts.h.
 *
 * @param myPgxact address of the pointer to the structure that has the transaction's id, 0 where
 *     that is PGPROC
 * @param postPortNumber address of the server's port
 * @param transactionState address of the pointer to the state of the running subtransaction, 0 not
 *     known
 * @param procLxid offset in PGPROC of the local transaction id
 * @param transactionXid offset in PGPROC, or behind myPgxact, of the transaction's id
 * @param portApplicationName offset in Port
 * @param tagRollback number of the command tag ROLLBACK
 * @param stateIdle number of the idle state
 * @param subtransactionId offset in the state of the subtransaction's number
 * @param setting which function makes the server's settings
 */
public record ControlLayout(
    long myPgxact,
    long postPortNumber,
    long transactionState,
    int procLxid,
    int transactionXid,
    int portApplicationName,
    int tagRollback,
    int stateIdle,
    int subtransactionId,
    Setting setting) {
  private static final int BYTES = 56;

  /** Functions that make settings, in the order of {@code enum setting_arguments}. */
  public enum Setting {
    /** The only one of 13 and 14. */
    SET_CONFIG_OPTION,
    SET_CONFIG_OPTION_EXT,
    SET_CONFIG_WITH_HANDLE;

    /** Its symbol. */
    public String symbol() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.nativeOrder())
        .putLong(myPgxact)
        .putLong(postPortNumber)
        .putLong(transactionState)
        .putInt(procLxid)
        .putInt(transactionXid)
        .putInt(portApplicationName)
        .putInt(tagRollback)
        .putInt(stateIdle)
        .putInt(subtransactionId)
        .putInt(setting.ordinal())
        .putInt(0)
        .array();
  }
}
