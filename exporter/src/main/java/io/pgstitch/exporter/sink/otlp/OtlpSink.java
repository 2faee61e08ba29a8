package io.pgstitch.exporter.sink.otlp;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.pgstitch.exporter.sink.Answer;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkRecord;
import io.pgstitch.exporter.sink.otlp.Outcome.Kind;
import io.pgstitch.exporter.span.TraceSpans;
import io.pgstitch.schema.QueryTrace;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends spans to an OTLP receiver and waits for its replies, a few requests in flight. */
final class OtlpSink implements Sink<QueryTrace> {

  private static final Logger LOG = LoggerFactory.getLogger(OtlpSink.class);

  /** More than one, so that the next is made meanwhile; fewer than okhttp's five per host. */
  private static final int IN_FLIGHT = 3;

  private record Flight(SpanRequest request, CompletableResultCode reply) {}

  private final SpanExporter exporter;
  private final TraceSpans toSpans;
  private final Duration patience;

  /** Waits up to {@code patience} for a reply, which must be more than the exporter's timeout. */
  OtlpSink(SpanExporter exporter, TraceSpans toSpans, Duration patience) {
    this.exporter = exporter;
    this.toSpans = toSpans;
    this.patience = patience;
  }

  @Override
  public Answer<QueryTrace> deliver(List<SinkRecord<QueryTrace>> batch) {
    Tally tally = new Tally();
    Queue<Flight> flights = new ArrayDeque<>();
    for (SpanRequest request : SpanRequest.cut(batch, toSpans)) {
      if (flights.size() == IN_FLIGHT) {
        tally.land(flights.remove());
      }
      if (tally.mustRetry()) {
        tally.retryLater(request);
      } else {
        flights.add(new Flight(request, exporter.export(request.spans())));
      }
    }
    flights.forEach(tally::land);
    return tally.answer(batch);
  }

  @Override
  public void close() {
    exporter.shutdown().join(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private Outcome outcome(CompletableResultCode reply) {
    reply.join(patience.toMillis(), TimeUnit.MILLISECONDS);
    if (!reply.isDone()) {
      return Outcome.retry("no reply within " + patience);
    }
    if (reply.isSuccess()) {
      return Outcome.taken(0, "");
    }
    for (Throwable e = reply.getFailureThrowable(); e != null; e = e.getCause()) {
      if (e instanceof OutcomeException known) {
        return known.outcome();
      }
    }
    // The exporter refused before it sent: the request is beyond its own limit of 64 MiB.
    return new Outcome(Kind.TOO_LARGE, String.valueOf(reply.getFailureThrowable()), 0);
  }

  /** Sends in halves what was too large; a single span that still is has no way. */
  private Outcome halve(List<SpanData> spans, String reason) {
    if (spans.size() == 1) {
      return new Outcome(Kind.REJECTED, "a single span is too large: " + reason, 0);
    }
    int middle = spans.size() / 2;
    Outcome first = send(spans.subList(0, middle));
    if (first.kind() == Kind.RETRY) {
      return first;
    }
    Outcome second = send(spans.subList(middle, spans.size()));
    if (second.kind() != Kind.TAKEN) {
      return second;
    }
    return first.kind() != Kind.TAKEN
        ? first
        : Outcome.taken(
            first.refusedSpans() + second.refusedSpans(), first.reason() + second.reason());
  }

  private Outcome send(List<SpanData> spans) {
    Outcome outcome = outcome(exporter.export(spans));
    return outcome.kind() == Kind.TOO_LARGE ? halve(spans, outcome.reason()) : outcome;
  }

  /** Collects the outcomes of a batch's requests. */
  private final class Tally {

    // By identity: hashing whole traces would cost more than sending them.
    private final Set<SinkRecord<QueryTrace>> retry =
        Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<SinkRecord<QueryTrace>, String> rejected = new IdentityHashMap<>();
    private String retryReason = "";
    private long refused;

    boolean mustRetry() {
      return !retry.isEmpty();
    }

    void retryLater(SpanRequest request) {
      retry.addAll(request.records());
    }

    void land(Flight flight) {
      Outcome outcome = outcome(flight.reply());
      if (outcome.kind() == Kind.TOO_LARGE) {
        outcome = halve(flight.request().spans(), outcome.reason());
      }
      if (outcome.kind() == Kind.RETRY) {
        retryReason = outcome.reason();
        retryLater(flight.request());
      } else if (outcome.kind() == Kind.REJECTED) {
        for (SinkRecord<QueryTrace> record : flight.request().records()) {
          rejected.put(record, outcome.reason());
        }
      } else if (outcome.refusedSpans() > 0 || !outcome.reason().isEmpty()) {
        refused += outcome.refusedSpans();
        LOG.warn("the receiver refused {} spans: {}", outcome.refusedSpans(), outcome.reason());
      }
    }

    Answer<QueryTrace> answer(List<SinkRecord<QueryTrace>> batch) {
      List<SinkRecord<QueryTrace>> again = new ArrayList<>();
      List<Answer.Rejection<QueryTrace>> never = new ArrayList<>();
      for (SinkRecord<QueryTrace> record : batch) {
        if (rejected.containsKey(record)) {
          never.add(new Answer.Rejection<>(record, rejected.get(record)));
        } else if (retry.contains(record)) {
          again.add(record);
        }
      }
      long unsampled = batch.stream().filter(record -> !record.value().getSampled()).count();
      return new Answer<>(never, again, Duration.ZERO, retryReason, 0, refused, unsampled);
    }
  }
}
