package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;
import java.time.LocalDate;

/** Dates, times and intervals: date.c, timestamp.c and datetime.c. */
final class DateTimeFormats {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

  /** PostgreSQL counts from 2000-01-01. */
  private static final long EPOCH_DAY = LocalDate.of(2000, 1, 1).toEpochDay();

  private final boolean intervalHasInfinity;

  /**
   * @param intervalHasInfinity whether the largest and the smallest interval mean infinity
   */
  DateTimeFormats(boolean intervalHasInfinity) {
    this.intervalHasInfinity = intervalHasInfinity;
  }

  static String date(ByteBuffer value) {
    int days = value.getInt();
    if (days == Integer.MAX_VALUE || days == Integer.MIN_VALUE) {
      return infinity(days > 0);
    }
    LocalDate date = LocalDate.ofEpochDay(EPOCH_DAY + days);
    return date(date) + era(date);
  }

  static String timestamp(ByteBuffer value) {
    return timestamp(value.getLong(), "");
  }

  static String timestamptz(ByteBuffer value) {
    return timestamp(value.getLong(), "+00");
  }

  static String time(ByteBuffer value) {
    return clock(value.getLong());
  }

  static String timetz(ByteBuffer value) {
    String clock = clock(value.getLong());
    int west = value.getInt();
    int size = Math.abs(west);
    StringBuilder text = new StringBuilder(clock).append(west <= 0 ? '+' : '-');
    two(text, size / 3600);
    if (size % 3600 != 0) {
      two(text.append(':'), size / 60 % 60);
    }
    if (size % 60 != 0) {
      two(text.append(':'), size % 60);
    }
    return text.toString();
  }

  private static String timestamp(long micros, String zone) {
    if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
      return infinity(micros > 0);
    }
    LocalDate date = LocalDate.ofEpochDay(EPOCH_DAY + Math.floorDiv(micros, MICROS_PER_DAY));
    String clock = clock(Math.floorMod(micros, MICROS_PER_DAY));
    return date(date) + " " + clock + zone + era(date);
  }

  private static String infinity(boolean positive) {
    return positive ? "infinity" : "-infinity";
  }

  /** The year before 1 is 1 BC. */
  private static String date(LocalDate date) {
    int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
    String printed = Integer.toString(year);
    StringBuilder text = new StringBuilder("0".repeat(Math.max(0, 4 - printed.length())));
    two(text.append(printed).append('-'), date.getMonthValue());
    two(text.append('-'), date.getDayOfMonth());
    return text.toString();
  }

  private static String era(LocalDate date) {
    return date.getYear() > 0 ? "" : " BC";
  }

  private static String clock(long micros) {
    StringBuilder text = new StringBuilder();
    clock(text, micros);
    return text.toString();
  }

  private static void clock(StringBuilder text, long micros) {
    long seconds = micros / MICROS_PER_SECOND;
    two(text, seconds / 3600);
    two(text.append(':'), seconds / 60 % 60);
    two(text.append(':'), seconds % 60);
    long fraction = micros % MICROS_PER_SECOND;
    if (fraction != 0) {
      String digits = Long.toString(MICROS_PER_SECOND + fraction).substring(1);
      text.append('.').append(digits.replaceFirst("0+$", ""));
    }
  }

  private static void two(StringBuilder text, long number) {
    text.append(number < 10 ? "0" : "").append(number);
  }

  String interval(ByteBuffer value) {
    long micros = value.getLong();
    int days = value.getInt();
    int months = value.getInt();
    if (intervalHasInfinity
        && micros == Long.MAX_VALUE
        && days == Integer.MAX_VALUE
        && months == Integer.MAX_VALUE) {
      return infinity(true);
    }
    if (intervalHasInfinity
        && micros == Long.MIN_VALUE
        && days == Integer.MIN_VALUE
        && months == Integer.MIN_VALUE) {
      return infinity(false);
    }
    IntervalText text = new IntervalText();
    text.part(months / 12, "year");
    text.part(months % 12, "mon");
    text.part(days, "day");
    text.clock(micros);
    return text.toString();
  }

  /** Style postgres: a part that follows a negative one has its sign, also a plus. */
  private static final class IntervalText {
    private final StringBuilder text = new StringBuilder();
    private boolean afterNegative;

    void part(int number, String unit) {
      if (number == 0) {
        return;
      }
      text.append(text.length() == 0 ? "" : " ");
      text.append(afterNegative && number > 0 ? "+" : "").append(number).append(' ').append(unit);
      text.append(number == 1 ? "" : "s");
      afterNegative = number < 0;
    }

    void clock(long micros) {
      if (micros == 0 && text.length() > 0) {
        return;
      }
      text.append(text.length() == 0 ? "" : " ");
      text.append(micros < 0 ? "-" : afterNegative ? "+" : "");
      if (micros == Long.MIN_VALUE) {
        // It has no positive counterpart.
        text.append("2562047788:00:54.775808");
      } else {
        DateTimeFormats.clock(text, Math.abs(micros));
      }
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
