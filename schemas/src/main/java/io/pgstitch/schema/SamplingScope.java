package io.pgstitch.schema;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The sessions that a sampling rule is for. Of the rules that name a session the most specific one
 * counts: role and database, then the role, then the database, then the rule of the whole fleet.
 *
 * @param database of the sessions; empty for any
 * @param role that logged in; empty for any
 */
public record SamplingScope(Optional<String> database, Optional<String> role) {
  /** All sessions. */
  public static final SamplingScope FLEET = new SamplingScope(Optional.empty(), Optional.empty());

  /** The scope of a rule that was set. */
  public static SamplingScope of(SamplingOrder order) {
    return new SamplingScope(
        Optional.ofNullable(order.getDatabase()), Optional.ofNullable(order.getRole()));
  }

  /** The scopes that a session is in, the most specific one first. */
  public static List<SamplingScope> around(String database, String role) {
    Optional<String> itsDatabase = Optional.of(database);
    Optional<String> itsRole = Optional.of(role);
    return List.of(
        new SamplingScope(itsDatabase, itsRole),
        new SamplingScope(Optional.empty(), itsRole),
        new SamplingScope(itsDatabase, Optional.empty()),
        FLEET);
  }

  /** Key of its record: the same for the same scope alone. */
  public String key() {
    return "database=" + encoded(database) + "&role=" + encoded(role);
  }

  private static String encoded(Optional<String> name) {
    // The encoder leaves a star as it is, which here means any.
    return name.map(given -> URLEncoder.encode(given, StandardCharsets.UTF_8).replace("*", "%2A"))
        .orElse("*");
  }
}
