package io.pgstitch.collector.probe;

import io.pgstitch.bpf.BinaryConfig;
import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.probe.AttachedBinary.AttachException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * Plants probes in a server's binary: those of the default level in all processes that run it, and
 * what one session asks for beyond in its process alone.
 */
public final class BinaryAttacher {
  /** The kernel programs keep this many binaries apart. */
  public static final int MOST_BINARIES = 64;

  private final KernelPrograms programs;
  private final ProbeCatalogue catalogue;
  private final EnumSet<Probe.Tier> tiers;
  private final BackendProbe backends;
  private final LayoutCheck layouts;

  /**
   * @param tiers what is wanted
   * @param backends against which what is known of the server's structs is checked
   */
  public BinaryAttacher(
      KernelPrograms programs,
      ProbeCatalogue catalogue,
      EnumSet<Probe.Tier> tiers,
      BackendProbe backends) {
    this.programs = programs;
    this.backends = backends;
    this.layouts = new LayoutCheck(backends);
    this.catalogue = catalogue;
    this.tiers = EnumSet.copyOf(tiers);
  }

  /**
   * Attaches to the binary that a server runs.
   *
   * @param index a number below {@link #MOST_BINARIES} that no other attached binary has
   * @param all false: nothing is planted yet, only single backends are wanted
   */
  public AttachedBinary attach(PostgresServer server, int index, boolean all)
      throws AttachException {
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
    EnumSet<Probe.Tier> planted = all ? tiers : EnumSet.noneOf(Probe.Tier.class);
    if (!all) {
      plan = ProbePlan.of(elf, index, catalogue, planted);
    }
    programs.putControlLayout(index, ControlFacts.of(elf, facts));
    Optional<String> contradiction = contradiction(server, elf, facts);
    // Until all probes are planted, whoever hits one of them was there before.
    programs.putBinary(index, config(elf, facts, contradiction, Long.MAX_VALUE));
    List<Long> attachments = plant(server, plan);
    long plantedNanos = HostClock.monotonicNanos();
    programs.putBinary(index, config(elf, facts, contradiction, plantedNanos));
    return new AttachedBinary(
        index,
        elf,
        facts,
        new EventNames(catalogue, facts),
        planted,
        attachments,
        plan.missingOptional(),
        plantedNanos,
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

  private List<Long> plant(PostgresServer server, ProbePlan plan) throws AttachException {
    try {
      return plant(plan, server.executable(), 0);
    } catch (BpfException e) {
      throw new AttachException(server, "the kernel refused a probe", e);
    }
  }

  /**
   * Plants a tier in one process.
   *
   * @param executable what the process runs
   * @throws BpfException when the kernel refuses, with ESRCH if the process is gone
   */
  List<Long> plantIn(int pid, Path executable, AttachedBinary binary, Probe.Tier tier) {
    return plant(
        ProbePlan.of(binary.elf(), binary.index(), catalogue, EnumSet.of(tier)), executable, pid);
  }

  private List<Long> plant(ProbePlan plan, Path executable, int pid) {
    List<Long> attachments = new ArrayList<>();
    try {
      // Returns first: an entry that is seen has its return seen.
      for (boolean onReturn : new boolean[] {true, false}) {
        for (ProbePlan.Group group : plan.groups()) {
          if (group.onReturn() == onReturn) {
            attachments.add(
                programs.attachFunctions(
                    group.program(),
                    executable.toString(),
                    group.offsets(),
                    group.cookies(),
                    onReturn,
                    pid));
          }
        }
      }
      return attachments;
    } catch (BpfException e) {
      attachments.forEach(programs::detach);
      throw e;
    }
  }

  /** Takes the probes of a binary away. */
  public void detach(AttachedBinary binary) {
    binary.attachments().forEach(programs::detach);
  }
}
