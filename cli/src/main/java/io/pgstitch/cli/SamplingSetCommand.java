package io.pgstitch.cli;

import io.pgstitch.collector.HostName;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.SamplingScope;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pgstitch sampling set}. */
@Command(
    name = "set",
    sortOptions = false,
    description = {
      "Set the sampling rule of the fleet, a database, a role, or a role in a database.",
      "It replaces the one that was there. A rule counts whole: what it does not say is not taken from a less specific one.",
      "Collectors follow at once, and again when they are restarted; statements that ended before are not decided again.",
      ""
    },
    exitCodeListHeading = "%nExit statuses:%n",
    exitCodeList = {
      "0:Set",
      "1:Kafka did not take it",
      "2:Wrong usage, or several pipelines run on this host: choose one with --kafka",
      "3:Kafka is not reachable, or no pipeline runs on this host: the message says what to do"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  sudo ./pgstitch sampling set --share 10%% --slower-than 200                 the whole fleet",
      "  sudo ./pgstitch sampling set --share 0.5%% --slower-than-usual 3 --database shop",
      "  sudo ./pgstitch sampling set --share 0%% --role monitoring --database shop  only what is notable",
      "  ./pgstitch sampling set --share 5%% --share-contexts --kafka broker1:9092   applications record everything"
    })
final class SamplingSetCommand implements Callable<Integer> {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final BigDecimal PERCENT = BigDecimal.valueOf(100);

  @Option(
      names = "--share",
      required = true,
      paramLabel = "PERCENT",
      description = "Share of the rest that is kept, 0%% to 100%%.")
  private String share;

  @Option(
      names = "--slower-than",
      paramLabel = "MS",
      description = "Keep what takes more milliseconds than this. Default: no length is slow.")
  private Long slowerThan;

  @Option(
      names = "--slower-than-usual",
      paramLabel = "FACTOR",
      description =
          "Keep what takes more than FACTOR times what 95 of 100 of the last thousand runs of its query took, and a millisecond"
              + " at least. Needs query ids (compute_query_id or pg_stat_statements) and 30 runs. Default: not looked at.")
  private Double usualFactor;

  @Option(
      names = "--share-contexts",
      description =
          "Of statements that an application records (its trace context says so) keep the share as well, by the application's"
              + " trace id, so that its traces stay whole. Default: keep all of them.")
  private boolean shareContexts;

  @Mixin private SamplingScopeOptions scope;

  @Mixin private KafkaOptions kafka;

  @Override
  public Integer call() throws Exception {
    kafka.apply();
    SamplingScope of = scope.scope();
    SamplingOrder order =
        new SamplingOrder(
            of.database().orElse(null),
            of.role().orElse(null),
            rule(),
            System.getProperty("user.name") + "@" + HostName.ofThisHost(),
            ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now()));
    try (SamplingTopic topic = SamplingTopic.open(kafka.target())) {
      topic.set(order);
    }
    new SamplingTable(List.of(order)).lines().forEach(System.out::println);
    return ExitStatus.OK;
  }

  private SamplingRule rule() {
    if (slowerThan != null && (slowerThan < 1 || slowerThan > Long.MAX_VALUE / NANOS_PER_MILLI)) {
      throw CommandFailure.usage(
          "--slower-than " + slowerThan + " is no length", "Give milliseconds from 1 on.");
    }
    if (usualFactor != null && !(usualFactor >= 1 && usualFactor <= 1_000_000)) {
      throw CommandFailure.usage(
          "--slower-than-usual " + usualFactor + " is no factor",
          "Give a number from 1 on, e.g. 3.");
    }
    return new SamplingRule(
        shareOf(share),
        slowerThan == null ? 0 : slowerThan * NANOS_PER_MILLI,
        usualFactor == null ? 0 : usualFactor,
        shareContexts);
  }

  /** A percentage as a share of 1. */
  static double shareOf(String text) {
    String number = text.endsWith("%") ? text.substring(0, text.length() - 1) : text;
    try {
      BigDecimal percent = new BigDecimal(number.strip());
      if (percent.signum() >= 0 && percent.compareTo(PERCENT) <= 0) {
        return percent.divide(PERCENT).doubleValue();
      }
    } catch (NumberFormatException e) {
      // Said below with what would be right.
    }
    throw CommandFailure.usage(
        "--share " + text + " is no share", "Give a percentage from 0 to 100, e.g. 5% or 0.5%.");
  }
}
