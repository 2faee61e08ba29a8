package io.pgstitch.collector.probe;

import io.pgstitch.bpf.Detail;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The functions that can be watched: probe-catalogue.tsv. A probe's index names its function. */
public final class ProbeCatalogue {
  private static final String RESOURCE = "probe-catalogue.tsv";

  private final List<Probe> probes;
  private final Detail detail;

  private ProbeCatalogue(List<Probe> probes, Detail detail) {
    this.probes = List.copyOf(probes);
    this.detail = detail;
  }

  /** Reads the catalogue as it is where levels 4, 8 and 12 have all detail. */
  public static ProbeCatalogue load() {
    return load(Detail.PHASES);
  }

  /**
   * Reads the catalogue.
   *
   * @param detail of levels 4, 8 and 12; the lean rows count where it is calls
   */
  public static ProbeCatalogue load(Detail detail) {
    List<Probe> probes = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                ProbeCatalogue.class.getResourceAsStream(RESOURCE), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          probes.add(parse(line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ProbeCatalogue(detail == Detail.CALLS ? lean(probes) : withoutLean(probes), detail);
  }

  private static List<Probe> withoutLean(List<Probe> rows) {
    return rows.stream().filter(p -> p.tier() != Probe.Tier.LEAN).toList();
  }

  /** The lean rows take the places of the detailed ones of the same functions. */
  private static List<Probe> lean(List<Probe> rows) {
    Set<String> lean =
        rows.stream()
            .filter(p -> p.tier() == Probe.Tier.LEAN)
            .map(Probe::symbol)
            .collect(Collectors.toSet());
    return rows.stream()
        .filter(p -> p.tier() != Probe.Tier.DETAIL || !lean.contains(p.symbol()))
        .map(p -> p.tier() == Probe.Tier.LEAN ? p.in(Probe.Tier.DETAIL) : p)
        .toList();
  }

  /**
   * The tiers of its rows that trace at a level.
   *
   * @param level bits of {@link io.pgstitch.bpf.Levels}
   */
  EnumSet<Probe.Tier> tiersOf(int level) {
    return Probe.Tier.ofLevel(level, detail);
  }

  /** This catalogue with functions that the user named; one that it has is not added again. */
  public ProbeCatalogue plus(List<String> symbols) {
    List<Probe> more = new ArrayList<>(probes);
    for (String symbol : new LinkedHashSet<>(symbols)) {
      boolean watched =
          probes.stream()
              .anyMatch(p -> p.symbol().equals(symbol) && p.tier() != Probe.Tier.FUNCTION);
      if (!watched) {
        more.add(new Probe(symbol, "on_entry", "on_exit", Probe.Tier.NAMED, "optional"));
      }
    }
    return new ProbeCatalogue(more, detail);
  }

  private static Probe parse(String line) {
    String[] f = line.split("\t", -1);
    if (f.length != 5) {
      throw new IllegalStateException(RESOURCE + ": not five columns: " + line);
    }
    return new Probe(
        f[0],
        f[1].equals("-") ? null : f[1],
        f[2].equals("-") ? null : f[2],
        Probe.Tier.valueOf(f[3].toUpperCase(Locale.ROOT)),
        f[4]);
  }

  /** Names of the kernel programs that the probes of some tiers have. */
  public Set<String> programs(Set<Probe.Tier> tiers) {
    Set<String> programs = new TreeSet<>();
    for (Probe probe : probes) {
      if (tiers.contains(probe.tier())) {
        Stream.of(probe.entryProgram(), probe.returnProgram())
            .filter(Objects::nonNull)
            .forEach(programs::add);
      }
    }
    return programs;
  }

  /** All probes; the position in the list is the function's index. */
  public List<Probe> probes() {
    return probes;
  }
}
