package io.pgstitch.collector.spool;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How much a spool may still write, by its own limit and by what the file system has to spare. */
final class SpoolRoom {
  private static final Logger LOG = LoggerFactory.getLogger(SpoolRoom.class);
  private static final long MOST_SEGMENT = 16 << 20;
  private static final long LEAST_SEGMENT = 64 << 10;
  private static final int SEGMENTS = 16;

  /** Own writes after which the free space is looked at again. */
  private static final long FREE_CHECK_BYTES = 256 << 10;

  private static final String FULL = "has reached spool.max.bytes";

  private final SpoolSettings settings;
  private final SpoolDirectory directory;
  private final SegmentQueue segments;
  private long allowance;
  private String trouble = "";

  /** Why the oldest have to go. */
  enum Obstacle {
    NONE,
    FULL,
    DISK
  }

  SpoolRoom(SpoolSettings settings, SpoolDirectory directory, SegmentQueue segments) {
    this.settings = settings;
    this.directory = directory;
    this.segments = segments;
  }

  /** Warns of a disk that has no room for a spool. */
  void warnOfNone() {
    long free = directory.free();
    if (free < settings.minFreeBytes()) {
      LOG.warn(
          "{} has only {} bytes free, spool.min.free.bytes is {}: nothing can be kept while Kafka"
              + " is away",
          settings.directory(),
          free,
          settings.minFreeBytes());
    }
  }

  /** What stands in the way of so many bytes more. */
  Obstacle obstacleTo(int length) {
    if (segments.bytesOfAll() + length > settings.maxBytes()) {
      say(FULL);
      return Obstacle.FULL;
    }
    if (length > allowance) {
      long spare = spare();
      if (spare < length) {
        say("would leave less than spool.min.free.bytes of the disk");
        return Obstacle.DISK;
      }
      allowance = Math.max(length, Math.min(FREE_CHECK_BYTES, spare));
    }
    return Obstacle.NONE;
  }

  private long spare() {
    return directory.free() - settings.minFreeBytes();
  }

  /** So many bytes were written. */
  void used(int length) {
    allowance -= length;
  }

  /** A segment has gone: the free space is looked at before the next write. */
  void lookAgain() {
    allowance = 0;
  }

  /** A write has failed; whether room would help. */
  boolean isShort(IOException failure, int length) {
    say("cannot be written (" + failure.getMessage() + ")");
    lookAgain();
    return directory.free() < length + LEAST_SEGMENT;
  }

  /** Whether its own limit is why batches cannot be kept. */
  boolean isFull() {
    return trouble.equals(FULL);
  }

  /** How long the next segment may become. */
  long segmentBytes() {
    long room = Math.min(settings.maxBytes(), Math.max(0, spare()));
    return Math.max(LEAST_SEGMENT, Math.min(MOST_SEGMENT, room / SEGMENTS));
  }

  /** Says each trouble once, until the spool has been empty. */
  void say(String what) {
    if (!trouble.equals(what)) {
      trouble = what;
      LOG.warn(
          "the spool {} {}: the oldest events in it are dropped, or new ones where there are none;"
              + " their traces will be marked",
          settings.directory(),
          what);
    }
  }

  /** The spool is empty: the next trouble is a new one. */
  void forgetTrouble() {
    trouble = "";
  }
}
