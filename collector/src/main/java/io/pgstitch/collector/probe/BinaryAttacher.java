package io.pgstitch.collector.probe;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.postgres.UnsupportedMajorException;
import io.pgstitch.collector.probe.AttachedBinary.AttachException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** Plants the probes of the wanted tiers in a server's binary. */
public final class BinaryAttacher {
  /** The kernel programs keep this many binaries apart. */
  public static final int MOST_BINARIES = 64;

  private final KernelPrograms programs;
  private final ProbeCatalogue catalogue;
  private final EnumSet<Probe.Tier> tiers;

  /**
   * @param tiers what is wanted
   */
  public BinaryAttacher(
      KernelPrograms programs, ProbeCatalogue catalogue, EnumSet<Probe.Tier> tiers) {
    this.programs = programs;
    this.catalogue = catalogue;
    this.tiers = EnumSet.copyOf(tiers);
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
      facts = PostgresFacts.of(server.major());
    } catch (IOException e) {
      throw new AttachException(server, "its executable cannot be read", e);
    } catch (UnsupportedMajorException e) {
      throw new AttachException(server, e.getMessage(), e);
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
    programs.putTargets(index, TargetFacts.of(elf, facts));
    // Until all probes are planted, whoever hits one of them was there before.
    programs.putBinary(index, BinaryFacts.of(elf, facts, Long.MAX_VALUE));
    List<Long> attachments = plant(server, plan);
    programs.putBinary(index, BinaryFacts.of(elf, facts, HostClock.monotonicNanos()));
    return new AttachedBinary(
        index, elf, new EventNames(catalogue, facts), attachments, plan.missingOptional());
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
