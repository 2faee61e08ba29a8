package io.pgstitch.collector.probe;

import io.pgstitch.bpf.BinaryConfig;
import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.postgres.BindLayout;
import io.pgstitch.collector.postgres.DataType;
import io.pgstitch.collector.postgres.DataTypes;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.probe.AttachedBinary.AttachException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/** Plants the probes of the wanted tiers in a server's binary. */
public final class BinaryAttacher {
  /** The kernel programs keep this many binaries apart. */
  public static final int MOST_BINARIES = 64;

  private final KernelPrograms programs;
  private final ProbeCatalogue catalogue;
  private final EnumSet<Probe.Tier> tiers;
  private final BackendProbe backends;
  private final LayoutCheck layouts;
  private final int bindBytes;

  /**
   * @param tiers what is wanted
   * @param backends against which what is known of the server's structs is checked
   * @param bindBytes bytes of a bind value that are read at most
   */
  public BinaryAttacher(
      KernelPrograms programs,
      ProbeCatalogue catalogue,
      EnumSet<Probe.Tier> tiers,
      BackendProbe backends,
      int bindBytes) {
    this.programs = programs;
    this.backends = backends;
    this.layouts = new LayoutCheck(backends);
    this.catalogue = catalogue;
    this.tiers = EnumSet.copyOf(tiers);
    this.bindBytes = bindBytes;
  }

  /**
   * Attaches to the binary that a server runs.
   *
   * @param index a number below {@link #MOST_BINARIES} that no other attached binary has
   */
  public AttachedBinary attach(PostgresServer server, int index) throws AttachException {
    ElfFile elf;
    PostgresFacts facts;
    try {
      elf = ElfFile.read(server.executable());
      facts = PostgresFacts.ofAny(server.major());
    } catch (IOException e) {
      throw new AttachException(server, "its executable cannot be read", e);
    }
    ProbePlan plan = ProbePlan.of(elf, index, catalogue, tiers);
    if (!plan.missingRequired().isEmpty()) {
      throw new AttachException(
          server,
          "the executable lacks "
              + String.join(", ", plan.missingRequired())
              + "; it is no stock build of PostgreSQL "
              + server.major());
    }
    Optional<String> contradiction = contradiction(server, elf, facts);
    if (facts.isKnown()) {
      describeBinds(index, server.major());
    }
    // Until all probes are planted, whoever hits one of them was there before.
    programs.putBinary(index, config(elf, facts, contradiction, Long.MAX_VALUE));
    List<Long> attachments = plant(server, plan);
    long planted = HostClock.monotonicNanos();
    programs.putBinary(index, config(elf, facts, contradiction, planted));
    return new AttachedBinary(
        index,
        elf,
        facts,
        new EventNames(catalogue, facts),
        attachments,
        plan.missingOptional(),
        planted,
        contradiction);
  }

  private Optional<String> contradiction(PostgresServer server, ElfFile elf, PostgresFacts facts) {
    if (!facts.isKnown()) {
      return Optional.of(
          "there are no facts about PostgreSQL "
              + server.major()
              + ", only about "
              + PostgresFacts.SUPPORTED_MAJORS);
    }
    return backends.clients(server, elf).stream()
        .flatMap(pid -> layouts.compare(pid, elf, facts).stream())
        .flatMap(verdict -> verdict.contradiction().stream())
        .findFirst();
  }

  private static BinaryConfig config(
      ElfFile elf, PostgresFacts facts, Optional<String> contradiction, long attachedNanos) {
    return contradiction.isPresent()
        ? BinaryFacts.withoutLayout(elf, facts, attachedNanos)
        : BinaryFacts.of(elf, facts, attachedNanos);
  }

  /**
   * Holds what is known of a binary against one of its backends, which may be the first that there
   * is. If they do not agree, no struct is followed any more.
   *
   * @return the binary as it is known now; empty when this backend could not tell
   */
  public Optional<AttachedBinary> verify(AttachedBinary binary, int pid) {
    if (binary.contradiction().isPresent()) {
      return Optional.of(binary);
    }
    return layouts
        .compare(pid, binary.elf(), binary.facts())
        .map(v -> v.contradiction().map(why -> reduce(binary, why)).orElse(binary));
  }

  private AttachedBinary reduce(AttachedBinary binary, String why) {
    programs.putBinary(
        binary.index(),
        BinaryFacts.withoutLayout(binary.elf(), binary.facts(), binary.plantedNanos()));
    return binary.contradictedBy(why);
  }

  private void describeBinds(int index, int major) {
    programs.putBindLayout(index, BindLayout.of(major).words(bindBytes));
    for (DataType type : DataTypes.of(major).all()) {
      programs.putBindType(index, type.oid(), type.length(), type.byValue());
    }
  }

  private List<Long> plant(PostgresServer server, ProbePlan plan) throws AttachException {
    List<Long> attachments = new ArrayList<>();
    try {
      // Returns first: an entry that is seen has its return seen.
      for (boolean onReturn : new boolean[] {true, false}) {
        for (ProbePlan.Group group : plan.groups()) {
          if (group.onReturn() == onReturn) {
            attachments.add(
                programs.attachFunctions(
                    group.program(),
                    server.executable().toString(),
                    group.offsets(),
                    group.cookies(),
                    onReturn));
          }
        }
      }
      return attachments;
    } catch (BpfException e) {
      attachments.forEach(programs::detach);
      throw new AttachException(server, "the kernel refused a probe", e);
    }
  }

  /** Takes the probes of a binary away. */
  public void detach(AttachedBinary binary) {
    binary.attachments().forEach(programs::detach);
  }
}
