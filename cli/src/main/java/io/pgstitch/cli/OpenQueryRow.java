package io.pgstitch.cli;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.OpenQuery;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A running statement as seen at a moment.
 *
 * @param query what was published of it
 * @param nowUtcNs that moment, by this host's clock; times of the statement are by its host's
 */
record OpenQueryRow(OpenQuery query, long nowUtcNs) {
  /** A backend that is alive says so once a minute; after this it is doubtful. */
  private static final Duration SILENT_AFTER = Duration.ofSeconds(150);

  /** Level with waits. */
  private static final int WAITS = 8;

  Backend backend() {
    return query.getBackend();
  }

  long ageNanos() {
    return since(query.getStartUtcNs());
  }

  boolean waits() {
    return query.getWaitEvent() != null;
  }

  /** Length of the wait up to now, 0 when none is known. */
  long waitNanos() {
    return waits() ? since(query.getWaitStartUtcNs()) : 0;
  }

  /** Whether its level has waits at all. */
  boolean seesWaits() {
    return (query.getLevel() & WAITS) != 0;
  }

  long heardNanos() {
    return since(query.getHeardUtcNs());
  }

  /** Whether nothing was heard of the backend for so long that it may be gone. */
  boolean isSilent() {
    return heardNanos() > SILENT_AFTER.toNanos();
  }

  private long since(long utcNs) {
    return Math.max(0, nowUtcNs - utcNs);
  }

  /** All that is known, for JSON; durations in seconds. */
  Map<String, Object> object() {
    Backend backend = backend();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("host", backend.getHost());
    object.put("pid", backend.getPid());
    object.put("port", backend.getServerPort());
    object.put("user", backend.getUser());
    object.put("database", backend.getDatabase());
    object.put("application", backend.getApplicationName());
    object.put("client", backend.getClientAddress());
    object.put("level", query.getLevel());
    object.put("trace_id", query.getTraceId());
    object.put("query_id", query.getQueryId());
    object.put("start", Instant.EPOCH.plusNanos(query.getStartUtcNs()).toString());
    object.put("age_seconds", seconds(ageNanos()));
    object.put("begun_before", query.getBegunBefore());
    object.put("call", query.getCall().isEmpty() ? null : query.getCall());
    object.put("call_seconds", seconds(since(query.getCallStartUtcNs())));
    object.put("function", query.getFunction().isEmpty() ? null : query.getFunction());
    object.put("wait", waits() ? wait(query) : null);
    object.put("waits_traced", seesWaits());
    object.put("text", query.getText());
    object.put("text_truncated", query.getTextTruncated());
    object.put("nested_text", query.getNestedText());
    object.put("depth", query.getDepth());
    object.put("last_event_seconds", seconds(since(query.getLastEventUtcNs())));
    object.put("heard_seconds", seconds(heardNanos()));
    object.put("silent", isSilent());
    object.put("complete", query.getComplete());
    object.put("lost_events", query.getLostEvents());
    object.put("parts", query.getParts());
    return object;
  }

  private Map<String, Object> wait(OpenQuery of) {
    Map<String, Object> wait = new LinkedHashMap<>();
    wait.put("class", of.getWaitClass());
    wait.put("event", of.getWaitEvent());
    wait.put("seconds", seconds(waitNanos()));
    wait.put("holders", of.getHolders());
    return wait;
  }

  private static double seconds(long nanos) {
    return Math.round(nanos / 1e6) / 1e3;
  }
}
