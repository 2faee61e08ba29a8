package io.pgstitch.schema;

import java.io.IOException;

/**
 * Writes backends into one sink. What is told of a session comes in several records, one after the
 * other, that are of the same backend: its bytes are kept for the next one.
 */
final class KnownBackend {
  private Backend known;
  private byte[] bytes = {};

  void write(Backend backend, ByteSink to) throws IOException {
    if (backend.equals(known)) {
      to.writeFixed(bytes, 0, bytes.length);
      return;
    }
    int from = to.size();
    backend.customEncode(to);
    bytes = to.since(from);
    known = copy(backend); // The caller may change his.
  }

  private static Backend copy(Backend backend) {
    return new Backend(
        backend.getCluster(),
        backend.getHost(),
        backend.getBootId(),
        backend.getPid(),
        backend.getStartNs(),
        backend.getLeaderPid(),
        backend.getKind(),
        backend.getDatabase(),
        backend.getUser(),
        backend.getApplicationName(),
        backend.getClientAddress(),
        backend.getPostmasterPid(),
        backend.getServerPort(),
        backend.getServerVersionNum(),
        backend.getDataDirectory(),
        backend.getBackendType(),
        backend.getWorkerContext(),
        backend.getWorkerNumber(),
        backend.getServerPid(),
        backend.getBackendStartUs(),
        backend.getSystemIdentifier());
  }
}
