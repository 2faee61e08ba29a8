package io.pgstitch.collector.probe;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.host.FunctionSymbols;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Which places of one binary get which program. Made before anything is attached, so that what is
 * missing is known first.
 */
public final class ProbePlan {
  /** Places for one program. */
  @SuppressWarnings("ArrayRecordComponent") // handed to the kernel once, never compared
  public record Group(String program, boolean onReturn, long[] offsets, long[] cookies) {}

  /**
   * One function of the detailed tier: where its entries and returns are.
   *
   * @param symbol its name
   * @param groups one for each of its programs
   */
  public record Detail(String symbol, List<Group> groups) {}

  private record Place(long offset, long cookie) {}

  private record Target(String program, boolean onReturn) {}

  private static final String NOT_THIS_VERSION = "this version does not export it";

  private final List<Group> groups;
  private final List<Detail> details;
  private final List<String> missingRequired;
  private final List<MissingFunction> missingOptional;

  private ProbePlan(
      List<Group> groups,
      List<Detail> details,
      List<String> missingRequired,
      List<MissingFunction> missingOptional) {
    this.groups = groups;
    this.details = details;
    this.missingRequired = missingRequired;
    this.missingOptional = missingOptional;
  }

  /**
   * Plans.
   *
   * @param functions those of the server's executable
   * @param binaryIndex by which the kernel programs know it
   * @param tiers what is wanted
   */
  public static ProbePlan of(
      FunctionSymbols functions,
      int binaryIndex,
      ProbeCatalogue catalogue,
      EnumSet<Probe.Tier> tiers) {
    ElfFile elf = functions.elf();
    CodeFacts code = CodeFacts.of(elf);
    Map<Target, List<Place>> places = new LinkedHashMap<>();
    Map<Long, String> taken = new HashMap<>();
    List<String> required = new ArrayList<>();
    List<MissingFunction> optional = new ArrayList<>();
    Set<String> metGroups = new HashSet<>();
    Set<String> groups = new HashSet<>();
    List<Probe> probes = catalogue.probes();
    for (int i = 0; i < probes.size(); i++) {
      Probe probe = probes.get(i);
      if (probe.tier().isDetail()) {
        continue;
      }
      if (!tiers.contains(probe.tier())) {
        // It may be planted another time: no detail may take its place.
        taken.put(elf.address(probe.symbol()), probe.symbol());
        continue;
      }
      boolean firstOf = probe.need().startsWith("first-of:");
      String group = firstOf || probe.need().startsWith("one-of:") ? probe.need() : null;
      if (group != null) {
        groups.add(group);
      }
      long address = elf.address(probe.symbol());
      if (address == 0) {
        if (probe.need().equals("required") || probe.need().equals("unless-read")) {
          required.add(probe.symbol());
        } else if (group == null) {
          optional.add(new MissingFunction(probe.symbol(), NOT_THIS_VERSION));
        }
        continue;
      }
      if (group != null && !metGroups.add(group) && firstOf) {
        continue;
      }
      taken.put(address, probe.symbol());
      if (probe.need().equals("unless-read") && code.replaces(probe.symbol())) {
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
    List<Detail> details = new ArrayList<>();
    for (int i = 0; i < probes.size(); i++) {
      if (tiers.contains(probes.get(i).tier()) && probes.get(i).tier().isDetail()) {
        detail(functions, binaryIndex, i, probes.get(i), taken, details, optional);
      }
    }
    return new ProbePlan(
        places.entrySet().stream().map(e -> group(e.getKey(), e.getValue())).toList(),
        List.copyOf(details),
        List.copyOf(required),
        List.copyOf(optional));
  }

  /** A function of the detailed tier: each of its addresses gets the probe, or none does. */
  private static void detail(
      FunctionSymbols functions,
      int binaryIndex,
      int index,
      Probe probe,
      Map<Long, String> taken,
      List<Detail> details,
      List<MissingFunction> missing) {
    FunctionSymbols.Places found = functions.find(probe.symbol());
    if (!found.problem().isEmpty()) {
      boolean renamed = probe.tier() == Probe.Tier.FUNCTION && !probe.isStatic();
      missing.add(
          new MissingFunction(probe.symbol(), renamed ? NOT_THIS_VERSION : found.problem()));
      return;
    }
    List<Place> places = new ArrayList<>();
    for (long address : found.addresses()) {
      String other = taken.putIfAbsent(address, probe.symbol());
      if (other != null && !other.equals(probe.symbol())) {
        missing.add(new MissingFunction(probe.symbol(), "it is the same code as " + other));
        return;
      }
      if (other == null) {
        places.add(
            new Place(
                functions.elf().fileOffset(address),
                KernelPrograms.cookie(address, binaryIndex, probe.tier().inCookie(), index)));
      }
    }
    if (!places.isEmpty()) {
      details.add(
          new Detail(
              probe.symbol(),
              List.of(
                  group(new Target(probe.returnProgram(), true), places),
                  group(new Target(probe.entryProgram(), false), places))));
    }
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

  /** Functions of the detailed tier that are there. */
  public List<Detail> details() {
    return details;
  }

  /** The same, all places of a program together. */
  public List<Group> detailGroups() {
    Map<Target, List<Group>> parts = new LinkedHashMap<>();
    for (Detail detail : details) {
      for (Group g : detail.groups()) {
        parts.computeIfAbsent(new Target(g.program(), g.onReturn()), t -> new ArrayList<>()).add(g);
      }
    }
    return parts.entrySet().stream()
        .map(
            e ->
                new Group(
                    e.getKey().program(),
                    e.getKey().onReturn(),
                    e.getValue().stream().flatMapToLong(g -> LongStream.of(g.offsets())).toArray(),
                    e.getValue().stream().flatMapToLong(g -> LongStream.of(g.cookies())).toArray()))
        .toList();
  }

  /** Functions of the wanted tiers that are not there, each with the reason. */
  public List<MissingFunction> missingOptional() {
    return missingOptional;
  }
}
