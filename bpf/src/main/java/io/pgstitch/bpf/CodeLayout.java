package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the code of one server binary itself says of its variables and structs: {@code struct
 * code_layout} of facts.h.
 *
 * @param topTransactionId address of the running transaction's id, 0 not known
 * @param portalKnown whether the fields below are; then PortalDefineQuery has no probe
 * @param portalStatementName offset in Portal of the prepared statement's name
 * @param portalSourceText offset in Portal of the text
 * @param portalCommandTag offset in Portal of the command's tag
 * @param portalStatements offset in Portal of the list of statements
 */
public record CodeLayout(
    long topTransactionId,
    boolean portalKnown,
    int portalStatementName,
    int portalSourceText,
    int portalCommandTag,
    int portalStatements) {
  private static final int BYTES = 32;

  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.nativeOrder())
        .putLong(topTransactionId)
        .putInt(portalKnown ? 1 : 0)
        .putInt(portalStatementName)
        .putInt(portalSourceText)
        .putInt(portalCommandTag)
        .putInt(portalStatements)
        .putInt(0)
        .array();
  }
}
