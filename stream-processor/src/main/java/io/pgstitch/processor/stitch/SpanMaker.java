package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.Blocks;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;

/** Makes spans of the running statement, with what two readings say of them. */
final class SpanMaker {
  private final Session session;
  private final SpanIds ids = new SpanIds();

  SpanMaker(Session session) {
    this.session = session;
  }

  /** One with nothing measured yet, by its number and its parent's. */
  Span span(OpenStatement statement, int ordinal, int parent, SpanKind kind, String name) {
    return span(ids.id(statement, ordinal), ids.id(statement, parent), kind, name);
  }

  /** One with nothing measured yet. */
  static Span span(String id, String parent, SpanKind kind, String name) {
    Span span = new Span();
    span.setSpanId(id);
    span.setParentSpanId(parent);
    span.setKind(kind);
    span.setName(name);
    span.setErrorMessage("");
    return span;
  }

  /** What was used between two readings. */
  void figures(Span span, Reading start, Reading end) {
    span.setStartUtcNs(session.utcNs(start.getTimeNs()));
    span.setEndUtcNs(session.utcNs(end.getTimeNs()));
    span.setCpuNs(end.getCpuNs() - start.getCpuNs());
    span.setWaitNs(end.getWaitNs() - start.getWaitNs());
    span.setBuffers(Readings.between(start.getBlocks(), end.getBlocks()));
    span.setWal(Readings.between(start.getWal(), end.getWal()));
  }

  /** With what was moved, null for nothing. */
  static Blocks sum(Blocks blocks, BufferUsage moved) {
    return moved == null ? blocks : Readings.plus(blocks, moved);
  }

  static SpanKind kind(Phase phase) {
    return switch (phase) {
      case PARSE -> SpanKind.PARSE;
      case EXEC, UNDETERMINED -> SpanKind.EXEC;
      case FETCH -> SpanKind.FETCH;
      case CLOSE -> SpanKind.CLOSE;
    };
  }
}
