package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the kernel programs are told about one server binary: {@code struct binary_config} of
 * facts.h. Addresses are virtual addresses in the file, 0 where the binary has no such symbol;
 * offsets are in bytes.
 *
 * @param attachedNanos CLOCK_MONOTONIC when the probes were planted: processes that are older were
 *     there before
 * @param layoutKnown false: no struct of the server is followed, only function arguments are read
 */
public record BinaryConfig(
    long myWaitEventInfo,
    long myProc,
    long myProcPort,
    long myBgworkerEntry,
    long bufferUsage,
    long applicationName,
    long myProcPid,
    long myStartTimestamp,
    long attachedNanos,
    int procWaitEventInfo,
    int portRemoteHost,
    int portDatabaseName,
    int portUserName,
    int workerFunctionName,
    int workerNotifyPid,
    int queryPlannedStatement,
    int querySourceText,
    int queryEstate,
    int estateProcessed,
    int plannedCommand,
    int plannedQueryId,
    int plannedLocation,
    int plannedLength,
    int listElements,
    int portalName,
    int stateRunning,
    int stateFastpath,
    boolean layoutKnown) {

  private static final int BYTES = 152;

  byte[] toBytes() {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
    out.putLong(myWaitEventInfo)
        .putLong(myProc)
        .putLong(myProcPort)
        .putLong(myBgworkerEntry)
        .putLong(bufferUsage)
        .putLong(applicationName)
        .putLong(myProcPid)
        .putLong(myStartTimestamp)
        .putLong(attachedNanos)
        .putInt(procWaitEventInfo)
        .putInt(portRemoteHost)
        .putInt(portDatabaseName)
        .putInt(portUserName)
        .putInt(workerFunctionName)
        .putInt(workerNotifyPid)
        .putInt(queryPlannedStatement)
        .putInt(querySourceText)
        .putInt(queryEstate)
        .putInt(estateProcessed)
        .putInt(plannedCommand)
        .putInt(plannedQueryId)
        .putInt(plannedLocation)
        .putInt(plannedLength)
        .putInt(listElements)
        .putInt(portalName)
        .putInt(stateRunning)
        .putInt(stateFastpath)
        .putInt(layoutKnown ? 1 : 0)
        .putInt(0);
    return out.array();
  }
}
