package io.pgstitch.collector.probe;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.postgres.FactSource;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.probe.AttachedBinary.AttachException;
import java.io.IOException;
import java.nio.file.Path;
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

  private static final long NOT_PLANTED = Long.MAX_VALUE;

  private final KernelPrograms programs;
  private final ProbeCatalogue catalogue;
  private final EnumSet<Probe.Tier> tiers;
  private final BinaryDescriber describer;
  private final ProbePlanter planter;
  private final BackendProbe backends;
  private final LayoutCheck layouts;
  private final FactSource source;

  /**
   * @param tiers what is wanted
   * @param backends against which what is known of the server's structs is checked
   * @param describer tells the kernel programs what is known of a server
   * @param source of the layouts of PostgreSQL's majors
   */
  public BinaryAttacher(
      KernelPrograms programs,
      ProbeCatalogue catalogue,
      EnumSet<Probe.Tier> tiers,
      BackendProbe backends,
      BinaryDescriber describer,
      FactSource source) {
    this.programs = programs;
    this.source = source;
    this.planter = new ProbePlanter(programs);
    this.backends = backends;
    this.layouts = new LayoutCheck(backends);
    this.catalogue = catalogue;
    this.tiers = EnumSet.copyOf(tiers);
    this.describer = describer;
  }

  /** What traces at a level. */
  EnumSet<Probe.Tier> tiersOf(int level) {
    return catalogue.tiersOf(level);
  }

  /** Whether functions are watched that the user named. */
  boolean plantsNamed() {
    return tiers.contains(Probe.Tier.NAMED);
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
      facts = PostgresFacts.ofAny(server.major(), source);
    } catch (IOException e) {
      throw new AttachException(server, "its executable cannot be read", e);
    }
    FunctionSymbols functions = FunctionSymbols.of(elf, server.root());
    ProbePlan plan = ProbePlan.of(functions, index, catalogue, tiers);
    if (!plan.missingRequired().isEmpty()) {
      throw new AttachException(
          server,
          "the executable lacks "
              + String.join(", ", plan.missingRequired())
              + "; it is no stock build of PostgreSQL "
              + server.major());
    }
    Optional<String> contradiction = contradiction(server, elf, facts);
    EnumSet<Probe.Tier> wanted = all ? tiers : EnumSet.noneOf(Probe.Tier.class);
    if (!all) {
      plan = ProbePlan.of(functions, index, catalogue, wanted);
    }
    // Until all probes are planted, whoever hits one of them was there before.
    describe(index, elf, facts, contradiction);
    ProbePlanter.Planted probes = plant(server, plan);
    long planted = HostClock.monotonicNanos();
    describer.planted(index, elf, facts, contradiction.isEmpty(), planted);
    return new AttachedBinary(
        index,
        functions,
        facts,
        new EventNames(catalogue, facts),
        wanted,
        probes.attachments(),
        probes.details(),
        probes.missing(),
        planted,
        contradiction,
        List.of());
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

  private void describe(
      int index, ElfFile elf, PostgresFacts facts, Optional<String> contradiction) {
    if (contradiction.isPresent()) {
      describer.describeWithoutLayout(index, elf, facts, NOT_PLANTED);
    } else {
      describer.describe(index, elf, facts, NOT_PLANTED);
    }
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
    describer.describeWithoutLayout(
        binary.index(), binary.elf(), binary.facts(), binary.plantedNanos());
    return binary.contradictedBy(why);
  }

  private ProbePlanter.Planted plant(PostgresServer server, ProbePlan plan) throws AttachException {
    try {
      return planter.plant(plan, server.executable(), ProbePlanter.ALL_PROCESSES);
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
    ProbePlan plan = ProbePlan.of(binary.symbols(), binary.index(), catalogue, EnumSet.of(tier));
    return planter.plant(plan, executable, pid).attachments();
  }

  /** Takes the probes of a binary away. */
  public void detach(AttachedBinary binary) {
    programs.detach(binary.attachments());
  }
}
