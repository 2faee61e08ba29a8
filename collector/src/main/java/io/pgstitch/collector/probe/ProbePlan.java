package io.pgstitch.collector.probe;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.host.ElfFile;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which places of one binary get which program. Made before anything is attached, so that what is
 * missing is known first.
 */
public final class ProbePlan {
  /** Places for one program. */
  @SuppressWarnings("ArrayRecordComponent") // handed to the kernel once, never compared
  public record Group(String program, boolean onReturn, long[] offsets, long[] cookies) {}

  private record Place(long offset, long cookie) {}

  private record Target(String program, boolean onReturn) {}

  private final List<Group> groups;
  private final List<String> missingRequired;
  private final List<String> missingOptional;

  private ProbePlan(
      List<Group> groups, List<String> missingRequired, List<String> missingOptional) {
    this.groups = groups;
    this.missingRequired = missingRequired;
    this.missingOptional = missingOptional;
  }

  /**
   * Plans.
   *
   * @param elf the server's executable
   * @param binaryIndex by which the kernel programs know it
   * @param tiers what is wanted
   */
  public static ProbePlan of(
      ElfFile elf, int binaryIndex, ProbeCatalogue catalogue, EnumSet<Probe.Tier> tiers) {
    Map<Target, List<Place>> places = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    List<String> optional = new ArrayList<>();
    Set<String> metGroups = new HashSet<>();
    Set<String> groups = new HashSet<>();
    List<Probe> probes = catalogue.probes();
    for (int i = 0; i < probes.size(); i++) {
      Probe probe = probes.get(i);
      if (!tiers.contains(probe.tier())) {
        continue;
      }
      boolean firstOf = probe.need().startsWith("first-of:");
      String group = firstOf || probe.need().startsWith("one-of:") ? probe.need() : null;
      if (group != null) {
        groups.add(group);
      }
      long address = elf.address(probe.symbol());
      if (address == 0) {
        if (probe.need().equals("required")) {
          required.add(probe.symbol());
        } else if (group == null) {
          optional.add(probe.symbol());
        }
        continue;
      }
      if (group != null && !metGroups.add(group) && firstOf) {
        continue;
      }
      Place place =
          new Place(
              elf.fileOffset(address),
              KernelPrograms.cookie(address, binaryIndex, probe.tier().inCookie(), i));
      add(places, probe.entryProgram(), false, place);
      add(places, probe.returnProgram(), true, place);
    }
    groups.removeAll(metGroups);
    required.addAll(groups);
    return new ProbePlan(
        places.entrySet().stream().map(e -> group(e.getKey(), e.getValue())).toList(),
        List.copyOf(required),
        List.copyOf(optional));
  }

  private static void add(
      Map<Target, List<Place>> places, String program, boolean onReturn, Place place) {
    if (program != null) {
      places.computeIfAbsent(new Target(program, onReturn), t -> new ArrayList<>()).add(place);
    }
  }

  private static Group group(Target target, List<Place> places) {
    return new Group(
        target.program,
        target.onReturn,
        places.stream().mapToLong(Place::offset).toArray(),
        places.stream().mapToLong(Place::cookie).toArray());
  }

  public List<Group> groups() {
    return groups;
  }

  /** Functions without which the server cannot be traced. */
  public List<String> missingRequired() {
    return missingRequired;
  }

  /** Functions of the wanted tiers that this version does not have. */
  public List<String> missingOptional() {
    return missingOptional;
  }
}
