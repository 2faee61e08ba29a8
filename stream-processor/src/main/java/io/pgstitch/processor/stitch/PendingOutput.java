package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Span;
import java.util.ArrayList;
import java.util.List;

/**
 * Closed spans of the running statement and records of the session that have not been sent, with
 * the knowledge of how many of them the store already has.
 */
final class PendingOutput {
  private final ArrayList<Span> spans = new ArrayList<>();
  private final ArrayList<Object> records = new ArrayList<>();
  private int savedSpans;
  private int savedRecords;
  private boolean savedAreStale;

  List<Span> spans() {
    return spans;
  }

  List<Object> records() {
    return records;
  }

  void add(Span span) {
    spans.add(span);
  }

  void addAll(List<Span> more) {
    spans.addAll(more);
  }

  void addRecord(Object record) {
    records.add(record);
  }

  /** Adds a record before others. */
  void insertRecord(int place, Object record) {
    savedAreStale |= place < savedRecords;
    records.add(place, record);
  }

  int size() {
    return Math.max(spans.size(), records.size());
  }

  /** Says that a span or record in place was changed, so that a saved form of it is wrong. */
  void changed(int span, int record) {
    savedAreStale |= span < savedSpans || record < savedRecords;
  }

  /** Removes and returns the spans from one place on. */
  List<Span> cutSpans(int from) {
    List<Span> tail = spans.subList(from, spans.size());
    List<Span> cut = new ArrayList<>(tail);
    savedAreStale |= from < savedSpans;
    tail.clear();
    return cut;
  }

  /** Removes and returns the records from one place on. */
  List<Object> cutRecords(int from) {
    List<Object> tail = records.subList(from, records.size());
    List<Object> cut = new ArrayList<>(tail);
    savedAreStale |= from < savedRecords;
    tail.clear();
    return cut;
  }

  /** Hands the spans over and forgets them. */
  List<Span> takeSpans() {
    return cutSpans(0);
  }

  /** Hands the records over and forgets them. */
  List<Object> takeRecords() {
    return cutRecords(0);
  }

  void restoreSaved(List<Span> moreSpans, List<Object> moreRecords) {
    spans.addAll(moreSpans);
    records.addAll(moreRecords);
    markSaved();
  }

  boolean savedAreStale() {
    return savedAreStale;
  }

  List<Span> unsavedSpans() {
    return spans.subList(savedAreStale ? 0 : savedSpans, spans.size());
  }

  List<Object> unsavedRecords() {
    return records.subList(savedAreStale ? 0 : savedRecords, records.size());
  }

  void markSaved() {
    savedSpans = spans.size();
    savedRecords = records.size();
    savedAreStale = false;
  }
}
