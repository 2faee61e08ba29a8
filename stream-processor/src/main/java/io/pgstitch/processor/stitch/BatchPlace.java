package io.pgstitch.processor.stitch;

import io.pgstitch.schema.BufferDelta;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/**
 * A place among the events of a batch, before which all were taken already.
 *
 * @param index of the next event
 * @param baseNs CLOCK_MONOTONIC from which its delta counts
 */
record BatchPlace(int index, long baseNs) {
  /** The beginning. */
  static BatchPlace first(RawEventBatch batch) {
    return new BatchPlace(0, batch.getBaseNs());
  }

  /** Behind so many events that have a number of their own. */
  static BatchPlace behindEvents(RawEventBatch batch, long numbered) {
    List<Object> events = batch.getEvents();
    long time = batch.getBaseNs();
    long left = numbered;
    int index = 0;
    while (left > 0 && index < events.size()) {
      time += deltaNs(events.get(index));
      left -= isNumbered(events.get(index)) ? 1 : 0;
      index++;
    }
    return new BatchPlace(index, time);
  }

  /** Behind the events that happened up to some time. */
  static BatchPlace behindTime(RawEventBatch batch, long untilNs) {
    List<Object> events = batch.getEvents();
    BatchPlace place = first(batch);
    long time = batch.getBaseNs();
    for (int index = 0; index < events.size(); index++) {
      time += deltaNs(events.get(index));
      if (isNumbered(events.get(index))) {
        if (time > untilNs) {
          break;
        }
        place = new BatchPlace(index + 1, time);
      }
    }
    return place;
  }

  /** How many of a batch's events have a number of their own. */
  static long numbered(RawEventBatch batch) {
    return numbered(batch.getEvents());
  }

  /** How many of these events have a number of their own. */
  static long numbered(List<Object> events) {
    long count = 0;
    for (Object event : events) {
      count += isNumbered(event) ? 1 : 0;
    }
    return count;
  }

  /** What was used goes with the event behind it. */
  static boolean isNumbered(Object event) {
    return !(event instanceof BufferDelta);
  }

  private static long deltaNs(Object event) {
    IndexedRecord record = (IndexedRecord) event;
    Schema.Field field = record.getSchema().getField("delta_ns");
    return field == null ? 0 : (long) record.get(field.pos());
  }
}
