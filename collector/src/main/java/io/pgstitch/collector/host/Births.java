package io.pgstitch.collector.host;

import java.util.Optional;

/**
 * Whether a process may have begun since it was last asked: one small file of /proc instead of one
 * for each process. A server that has just become one, by executing it in an old process, shows
 * itself as well: it begins its own processes next.
 */
public final class Births {
  private final Procfs procfs;
  private String last = "";

  /**
   * @param procfs where to look
   */
  public Births(Procfs procfs) {
    this.procfs = procfs;
  }

  /** True when one may have, and where that is not known. */
  public boolean any() {
    Optional<String> now = procfs.lastPid();
    boolean any = now.isEmpty() || !now.get().equals(last);
    last = now.orElse("");
    return any;
  }
}
