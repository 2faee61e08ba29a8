package io.pgstitch.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that is measured, and running it. */
public final class Benchmarks {
  private static final List<Measure> ALL =
      List.of(
          new ServerMeasure(),
          new CollectorMeasure(),
          new StitcherMeasure(),
          new ProcessorMeasure(),
          new ExportersMeasure(),
          new EndToEndMeasure(),
          new StartMeasure());

  private final List<Measure> measures;
  private final boolean quick;
  private final PrintStream progress;

  /**
   * Prepares a run.
   *
   * @param quick whether less is repeated, so that all of it takes less than ten minutes
   * @param progress is told what is being done
   */
  public Benchmarks(boolean quick, PrintStream progress) {
    this(ALL, quick, progress);
  }

  Benchmarks(List<Measure> measures, boolean quick, PrintStream progress) {
    this.measures = List.copyOf(measures);
    this.quick = quick;
    this.progress = progress;
  }

  /** What can be measured: names in the order of the table, each with a line that explains it. */
  public static Map<String, String> measures() {
    Map<String, String> lines = new LinkedHashMap<>();
    ALL.forEach(measure -> lines.put(measure.name(), measure.what()));
    return lines;
  }

  /**
   * What came of a run.
   *
   * @param figures in the order of the table
   * @param failures why measures did not come to their end, by name
   */
  public record Outcome(List<Figure> figures, Map<String, String> failures) {}

  /**
   * Measures, one after the other. One that fails does not keep the others from being measured; an
   * interrupt does, and what was found until then is the outcome.
   *
   * @param names of measures; none for all
   * @throws IllegalArgumentException when there is no such measure
   * @throws UnusableHostException when the host lacks what one needs
   */
  public Outcome run(List<String> names) {
    List<Measure> chosen = chosen(names);
    Progress told = new Progress(progress);
    List<Figure> figures = new ArrayList<>();
    Map<String, String> failures = new LinkedHashMap<>();
    for (Measure measure : chosen) {
      if (!Thread.currentThread().isInterrupted()) {
        measure(measure, told, figures, failures);
      }
    }
    told.say(Thread.currentThread().isInterrupted() ? "interrupted" : "done");
    return new Outcome(figures, failures);
  }

  private void measure(
      Measure measure, Progress told, List<Figure> figures, Map<String, String> failures) {
    told.say(measure.name() + ": " + measure.what());
    Run run = new Run(measure.name(), quick ? Effort.QUICK : Effort.FULL, told);
    try (run) {
      measure.run(run);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failures.put(measure.name(), "interrupted");
    } catch (UnusableHostException e) {
      throw e;
    } catch (Exception e) {
      told.say(measure.name() + " failed: " + e);
      failures.put(measure.name(), words(e));
    }
    figures.addAll(run.figures());
  }

  /**
   * Refuses names that mean nothing.
   *
   * @throws IllegalArgumentException when there is no such measure
   */
  public void requireKnown(List<String> names) {
    List<String> known = measures.stream().map(Measure::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "there is no measure " + name + "; there are " + String.join(", ", known));
      }
    }
  }

  private List<Measure> chosen(List<String> names) {
    requireKnown(names);
    return measures.stream().filter(m -> names.isEmpty() || names.contains(m.name())).toList();
  }

  private static String words(Exception e) {
    return Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName());
  }
}
