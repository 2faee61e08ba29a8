package io.pgstitch.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The stitcher alone, on one thread. */
final class StitcherMeasure implements Measure {
  private static final String ALLOCATED = "gc.alloc.rate.norm";
  private static final Target RATE = Target.atLeast(2_000_000);

  @Override
  public String name() {
    return "stitcher";
  }

  @Override
  public String what() {
    return "events a second that one thread stitches, and what it allocates (JMH, recorded events)";
  }

  @Override
  public void run(Run run) throws Exception {
    boolean quick = run.effort().isQuick();
    Path log = run.directory("jmh").resolve("jmh.log");
    run.say("stitcher: JMH runs, about " + (quick ? "half a minute" : "three minutes"));
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(StitchBenchmark.class.getName())
                    .addProfiler(GCProfiler.class)
                    .forks(quick ? 1 : 3)
                    .warmupIterations(quick ? 3 : 5)
                    .warmupTime(TimeValue.seconds(1))
                    .measurementIterations(5)
                    .measurementTime(TimeValue.seconds(quick ? 1 : 2))
                    .jvmArgs("-Xms1g", "-Xmx1g", "-XX:+UseSerialGC")
                    .shouldFailOnError(true)
                    .output(log.toString())
                    .build())
            .run();
    for (RecordedEvents.Name name : RecordedEvents.NAMES) {
      report(run, name.level(), name.recording(), results);
    }
  }

  private static void report(
      Run run, String level, String recording, Collection<RunResult> results) {
    long events = RecordedEvents.read(recording).events();
    List<Double> rates = new ArrayList<>();
    List<Double> bytes = new ArrayList<>();
    for (RunResult result : results) {
      if (result.getParams().getParam("recording").equals(recording)) {
        for (var fork : result.getBenchmarkResults()) {
          for (IterationResult iteration : fork.getIterationResults()) {
            rates.add(iteration.getPrimaryResult().getScore() * events);
            bytes.add(iteration.getSecondaryResults().get(ALLOCATED).getScore() / events);
          }
        }
      }
    }
    run.found(
        Figure.of("stitcher." + level + ".rate", Samples.of(rates), "events/s").against(RATE));
    run.found(Figure.of("stitcher." + level + ".allocation", Samples.of(bytes), "B/event"));
  }
}
