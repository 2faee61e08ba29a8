package io.pgstitch.schema;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Key of the records of one backend: {@code cluster/host/boot_id/pid}, where a parallel worker has
 * its leader's pid, so that a statement and its workers share a partition and their order.
 *
 * <p>Each part is URL-encoded: a {@code /} in a name cannot make two backends look the same.
 */
public final class BackendKey {
  private BackendKey() {}

  /** The key of a backend's records. */
  public static String of(Backend backend) {
    int pid = backend.getLeaderPid() != 0 ? backend.getLeaderPid() : backend.getPid();
    return encode(backend.getCluster())
        + '/'
        + encode(backend.getHost())
        + '/'
        + encode(backend.getBootId())
        + '/'
        + pid;
  }

  /** The host in a key; empty when it is not one of ours. */
  public static Optional<String> hostOf(String key) {
    String[] parts = key.split("/", -1);
    if (parts.length != 4) {
      return Optional.empty();
    }
    try {
      return Optional.of(URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    } catch (IllegalArgumentException notEncoded) {
      return Optional.empty();
    }
  }

  private static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8);
  }
}
