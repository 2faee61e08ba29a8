package io.pgstitch.cli;

import io.pgstitch.schema.OpenQuery;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which running statements are shown, and in what order.
 *
 * @param host name of the host, empty for all
 * @param database name of the database, empty for all
 * @param role name of the role that the session logged in with, empty for all
 * @param minAge statements that run for less are not shown
 * @param sort what comes first
 * @param limit most that are shown
 */
record TopSelection(
    Optional<String> host,
    Optional<String> database,
    Optional<String> role,
    Duration minAge,
    Sort sort,
    int limit) {

  /** What comes first. */
  enum Sort {
    /** What runs for longest. */
    AGE,
    /** What is in its wait for longest. */
    WAIT
  }

  /** The rows to show at a moment. */
  List<OpenQueryRow> of(Collection<OpenQuery> queries, long nowUtcNs) {
    return queries.stream()
        .map(query -> new OpenQueryRow(query, nowUtcNs))
        .filter(this::matches)
        .sorted(order())
        .limit(limit)
        .toList();
  }

  private boolean matches(OpenQueryRow row) {
    return host.map(row.backend().getHost()::equals).orElse(true)
        && database.map(row.backend().getDatabase()::equals).orElse(true)
        && role.map(row.backend().getUser()::equals).orElse(true)
        && row.ageNanos() >= minAge.toNanos();
  }

  private Comparator<OpenQueryRow> order() {
    Comparator<OpenQueryRow> byAge = Comparator.comparing(OpenQueryRow::ageNanos).reversed();
    Comparator<OpenQueryRow> first =
        sort == Sort.AGE
            ? byAge
            : Comparator.comparing(OpenQueryRow::waitNanos).reversed().thenComparing(byAge);
    return first
        .thenComparing(row -> row.backend().getHost())
        .thenComparing(row -> row.backend().getPid());
  }
}
