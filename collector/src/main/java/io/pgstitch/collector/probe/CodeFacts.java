package io.pgstitch.collector.probe;

import io.pgstitch.bpf.CodeLayout;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.Getter;
import io.pgstitch.collector.host.PortalSetter;
import java.util.Optional;

/**
 * What the code of two short functions of a server says, whatever its version: it spares a trap for
 * each of them, as another function that is watched anyway finds the same.
 *
 * @param layout as the kernel programs get it
 */
record CodeFacts(CodeLayout layout) {

  static CodeFacts of(ElfFile elf) {
    long transaction = Getter.variable(elf, "GetTopTransactionIdIfAny").orElse(0);
    Optional<PortalSetter> portal = PortalSetter.of(elf, "PortalDefineQuery");
    return new CodeFacts(
        portal
            .map(
                p ->
                    new CodeLayout(
                        transaction,
                        true,
                        p.statementName(),
                        p.sourceText(),
                        p.commandTag(),
                        p.statements()))
            .orElse(new CodeLayout(transaction, false, 0, 0, 0, 0)));
  }

  /** Whether what a function is given is known without a probe at it. */
  boolean replaces(String symbol) {
    return switch (symbol) {
      case "PortalDefineQuery" -> layout.portalKnown();
      case "ProcArrayEndTransaction" -> layout.topTransactionId() != 0;
      default -> false;
    };
  }
}
