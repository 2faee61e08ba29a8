package io.pgstitch.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times and lengths of time as users write them. */
final class TimeText {
  private static final Pattern LENGTH =
      Pattern.compile("(?=\\d)(?:(\\d{1,6})d)?(?:(\\d{1,8})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?");
  private static final String LENGTH_REMEDY =
      "Give a length of time such as 90s, 15m, 1h30m or 2d.";

  private final Instant now;
  private final ZoneId zone;

  /** Reads relative times against {@code now}, and those without a zone in {@code zone}. */
  TimeText(Instant now, ZoneId zone) {
    this.now = now;
    this.zone = zone;
  }

  Instant now() {
    return now;
  }

  /**
   * A moment: an instant, a date-time of this zone, a date, {@code now} or a relative one.
   *
   * @throws CommandFailure for anything else
   */
  Instant moment(String option, String text) {
    if (text.equals("now")) {
      return now;
    }
    if (text.startsWith("-")) {
      Optional<Duration> ago = tryLength(text.substring(1));
      if (ago.isPresent()) {
        return now.minus(ago.get());
      }
    }
    String iso = text.replace(' ', 'T');
    List<Function<String, Instant>> forms =
        List.of(
            t -> OffsetDateTime.parse(t).toInstant(),
            t -> LocalDateTime.parse(t).atZone(zone).toInstant(),
            t -> LocalDate.parse(t).atStartOfDay(zone).toInstant());
    for (Function<String, Instant> form : forms) {
      try {
        return form.apply(iso);
      } catch (DateTimeException otherForm) {
        // The next one, and then the failure that names them all.
      }
    }
    throw CommandFailure.usage(
        option + " " + text + " is no time",
        "Give an instant (2026-03-01T09:00:00Z, or with an offset +01:00), a date-time of "
            + zone
            + " (2026-03-01T09:00), or a time before now such as -15m or -1h30m.");
  }

  /**
   * A length of time.
   *
   * @throws CommandFailure when it is none
   */
  static Duration length(String option, String text) {
    return tryLength(text)
        .orElseThrow(
            () ->
                CommandFailure.usage(option + " " + text + " is no length of time", LENGTH_REMEDY));
  }

  private static Optional<Duration> tryLength(String text) {
    Matcher matcher = LENGTH.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        Duration.ofDays(number(matcher.group(1)))
            .plusHours(number(matcher.group(2)))
            .plusMinutes(number(matcher.group(3)))
            .plusSeconds(number(matcher.group(4))));
  }

  private static long number(String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
