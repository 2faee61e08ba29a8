package io.pgstitch.exporter.runner;

import io.pgstitch.schema.BackendKey;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Which hosts' records go to the sinks. It looks at keys alone, so that the rest costs nothing. */
public final class HostFilter {

  private final Set<String> hosts;

  /** Lets the records of these hosts pass; of all hosts when the set is empty. */
  public HostFilter(Set<String> hosts) {
    this.hosts = Set.copyOf(hosts);
  }

  /** Whether a record with this key passes. One that names no host does: it is not ours to hide. */
  boolean accepts(byte[] key) {
    if (hosts.isEmpty() || key == null) {
      return true;
    }
    return BackendKey.hostOf(new String(key, StandardCharsets.UTF_8))
        .map(hosts::contains)
        .orElse(true);
  }
}
