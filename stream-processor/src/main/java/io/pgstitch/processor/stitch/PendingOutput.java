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
  private long spanChars;
  private long recordChars;
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
    spanChars += OutputWeight.of(span);
  }

  void addAll(List<Span> more) {
    more.forEach(this::add);
  }

  void addRecord(Object record) {
    records.add(record);
    recordChars += OutputWeight.of(record);
  }

  /** Characters of texts and values in them. */
  long chars() {
    return spanChars + recordChars;
  }

  /** Adds a record before others. */
  void insertRecord(int place, Object record) {
    savedAreStale |= place < savedRecords;
    records.add(place, record);
    recordChars += OutputWeight.of(record);
  }

  int size() {
    return Math.max(spans.size(), records.size());
  }

  /** Says that a span or record in place was changed, so that a saved form of it is wrong. */
  void changed(int span, int record) {
    savedAreStale |= span < savedSpans || record < savedRecords;
  }

  /**
   * Puts spans under another parent.
   *
   * @param from their parent so far
   * @param sinceUtcNs those that began at this moment or later, which stand last
   */
  void adopt(String from, String to, long sinceUtcNs) {
    for (int i = spans.size() - 1; i >= 0 && spans.get(i).getEndUtcNs() >= sinceUtcNs; i--) {
      Span span = spans.get(i);
      if (span.getStartUtcNs() >= sinceUtcNs && span.getParentSpanId().equals(from)) {
        span.setParentSpanId(to);
        changed(i, Integer.MAX_VALUE);
      }
    }
  }

  /** Removes and returns the spans from one place on. */
  List<Span> cutSpans(int from) {
    List<Span> tail = spans.subList(from, spans.size());
    List<Span> cut = new ArrayList<>(tail);
    savedAreStale |= from < savedSpans;
    cut.forEach(span -> spanChars -= OutputWeight.of(span));
    tail.clear();
    return cut;
  }

  /** Removes and returns the records from one place on. */
  List<Object> cutRecords(int from) {
    List<Object> tail = records.subList(from, records.size());
    List<Object> cut = new ArrayList<>(tail);
    savedAreStale |= from < savedRecords;
    cut.forEach(record -> recordChars -= OutputWeight.of(record));
    tail.clear();
    return cut;
  }

  /** Hands the spans over and forgets them. */
  List<Span> takeSpans() {
    List<Span> taken = new ArrayList<>(spans);
    spans.clear();
    spanChars = 0;
    savedAreStale |= savedSpans > 0;
    return taken;
  }

  /** Hands the records over and forgets them. */
  List<Object> takeRecords() {
    List<Object> taken = new ArrayList<>(records);
    records.clear();
    recordChars = 0;
    savedAreStale |= savedRecords > 0;
    return taken;
  }

  void restoreSaved(List<Span> moreSpans, List<Object> moreRecords) {
    moreSpans.forEach(this::add);
    moreRecords.forEach(this::addRecord);
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
