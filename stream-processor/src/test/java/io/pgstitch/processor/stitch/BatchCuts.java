package io.pgstitch.processor.stitch;

import io.pgstitch.schema.BufferDelta;
import io.pgstitch.schema.RawEventBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/** Batches cut out of others, as a collector that flushes at other moments would send them. */
final class BatchCuts {
  private BatchCuts() {}

  /** Cuts at random places into pieces of at most so many events. */
  static List<RawEventBatch> pieces(RawEventBatch batch, Random random, int most) {
    List<RawEventBatch> pieces = new ArrayList<>();
    int size = batch.getEvents().size();
    int from = 0;
    while (from < size) {
      int to = Math.min(size, from + 1 + random.nextInt(most));
      // What was used stands before the event that it goes with.
      while (to < size && batch.getEvents().get(to - 1) instanceof BufferDelta) {
        to++;
      }
      pieces.add(piece(batch, from, to));
      from = to;
    }
    return pieces;
  }

  /** The events from one place to another, as a batch. */
  static RawEventBatch piece(RawEventBatch batch, int from, int to) {
    RawEventBatch piece = copy(batch);
    long before = numbered(batch.getEvents().subList(0, from));
    long time = batch.getBaseNs();
    for (Object event : batch.getEvents().subList(0, from)) {
      time += delta(event);
    }
    List<Object> events = new ArrayList<>(batch.getEvents().subList(from, to));
    piece.setFirstSequence(batch.getFirstSequence() + before);
    piece.setLastSequence(piece.getFirstSequence() + numbered(events) - 1);
    piece.setLostBefore(from == 0 ? batch.getLostBefore() : 0);
    piece.setBaseNs(time);
    piece.setEvents(events);
    return piece;
  }

  /** The events of two as one batch; null when they are not of one collector's batch. */
  static RawEventBatch joined(RawEventBatch first, RawEventBatch next) {
    if (first.getStrings() != next.getStrings() || first.getLevel() != next.getLevel()) {
      return null;
    }
    RawEventBatch both = copy(first);
    List<Object> events = new ArrayList<>(first.getEvents());
    events.addAll(next.getEvents());
    both.setEvents(events);
    both.setLastSequence(next.getLastSequence());
    return both;
  }

  /** Another batch with the same contents, whose header can be changed. */
  static RawEventBatch copy(RawEventBatch batch) {
    RawEventBatch copy = new RawEventBatch();
    for (Schema.Field field : batch.getSchema().getFields()) {
      copy.put(field.pos(), batch.get(field.pos()));
    }
    return copy;
  }

  /** How many of the events have a number of their own. */
  static long numbered(List<?> events) {
    return events.stream().filter(event -> !(event instanceof BufferDelta)).count();
  }

  /** Nanoseconds since the event before. */
  static long delta(Object event) {
    IndexedRecord record = (IndexedRecord) event;
    Schema.Field field = record.getSchema().getField("delta_ns");
    return field == null ? 0 : (long) record.get(field.pos());
  }
}
