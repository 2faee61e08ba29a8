package io.pgstitch.collector.probe;

import io.pgstitch.bpf.ControlLayout;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.Getter;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.util.List;
import java.util.Optional;

/** Puts together where settings and transactions are found in one binary. */
final class ControlFacts {
  /** No command tag and no state has this number. */
  private static final int UNKNOWN = -1;

  /** As the catalogue has them. */
  static final List<ControlLayout.Setting> INNERMOST_FIRST =
      List.of(
          ControlLayout.Setting.SET_CONFIG_WITH_HANDLE,
          ControlLayout.Setting.SET_CONFIG_OPTION_EXT,
          ControlLayout.Setting.SET_CONFIG_OPTION);

  private ControlFacts() {}

  static ControlLayout of(ElfFile elf, PostgresFacts facts) {
    if (!facts.isKnown()) {
      return new ControlLayout(
          0, elf.address("PostPortNumber"), 0, 0, 0, 0, UNKNOWN, UNKNOWN, 0, setting(elf));
    }
    // 13 keeps the ids of transactions apart from PGPROC.
    boolean apart = facts.has("pgxact.xid");
    // Its address is exported by no build, but what is returned by a function that is.
    Optional<Getter> state = Getter.of(elf, "GetCurrentSubTransactionId");
    return new ControlLayout(
        apart ? elf.address("MyPgXact") : 0,
        elf.address("PostPortNumber"),
        state.map(Getter::pointer).orElse(0L),
        facts.offset("pgproc.lxid"),
        facts.offset(apart ? "pgxact.xid" : "pgproc.xid"),
        facts.offset("port.application_name"),
        facts.commandTagNumber("ROLLBACK"),
        facts.offset("activity.idle"),
        state.map(Getter::offset).orElse(0),
        setting(elf));
  }

  /** Without any struct; states have their numbers in arguments of functions. */
  static ControlLayout withoutLayout(ElfFile elf, PostgresFacts facts) {
    return new ControlLayout(
        0,
        elf.address("PostPortNumber"),
        0,
        0,
        0,
        0,
        facts.isKnown() ? facts.commandTagNumber("ROLLBACK") : 0,
        facts.isKnown() ? facts.offset("activity.idle") : 0,
        0,
        setting(elf));
  }

  /** The innermost one that there is, which the others call: the probe's place, too. */
  private static ControlLayout.Setting setting(ElfFile elf) {
    return INNERMOST_FIRST.stream()
        .filter(function -> elf.address(function.symbol()) != 0)
        .findFirst()
        .orElse(ControlLayout.Setting.SET_CONFIG_OPTION);
  }
}
