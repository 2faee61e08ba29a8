package io.pgstitch.collector.encode;

import io.pgstitch.bpf.BindRecord;
import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.schema.Bind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Bind values of a backend's query descriptor that have come so far, one record each. */
final class PendingBinds {
  private final EventNames names;
  private final ServerEncoding encoding;
  private final Optional<LiteralMask> mask;
  private List<Bind> binds = new ArrayList<>();
  private long sequence;

  /**
   * @param encoding of the backend's database
   * @param mask what takes the values out; empty: they are sent
   */
  PendingBinds(EventNames names, ServerEncoding encoding, Optional<LiteralMask> mask) {
    this.names = names;
    this.encoding = encoding;
    this.mask = mask;
  }

  /** Takes a BINDS record; true when it is the last, which counts the others. */
  boolean complete(KernelEvent e) {
    if (e.sequence() != sequence) {
      // The last record of those before was lost.
      binds = new ArrayList<>();
      sequence = e.sequence();
    }
    if (e.bind().isLast()) {
      return true;
    }
    Bind bind = names.binds(encoding).read(e.bind());
    binds.add(mask.isPresent() ? mask.get().bind(bind) : bind);
    return false;
  }

  /** How many values the statement has, by the last record; -1 when that is not known. */
  int total(BindRecord last) {
    return last.type() == BindRecord.UNKNOWN ? -1 : last.type();
  }

  /** Hands the values over and forgets them. */
  List<Bind> take() {
    List<Bind> taken = binds;
    binds = new ArrayList<>();
    return taken;
  }
}
