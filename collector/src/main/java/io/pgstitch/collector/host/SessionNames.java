package io.pgstitch.collector.host;

/**
 * Whose a session is.
 *
 * @param user role that logged in
 * @param database its database
 * @param client the client's address, {@code [local]} for a Unix socket
 */
public record SessionNames(String user, String database, String client) {
  private static final String PREFIX = "postgres: ";

  /**
   * Reads the process title, {@code postgres: [CLUSTER: ]USER DATABASE CLIENT ACTIVITY}
   * (init_ps_display, utils/misc/ps_status.c). Names with blanks cannot be told apart there and are
   * cut at the first.
   *
   * @return empty names for a title that is not one of a session
   */
  public static SessionNames ofTitle(String title) {
    if (!title.startsWith(PREFIX)) {
      return new SessionNames("", "", "");
    }
    String[] words = title.substring(PREFIX.length()).split(" ", -1);
    int at = words[0].endsWith(":") ? 1 : 0;
    if (words.length < at + 3) {
      return new SessionNames("", "", "");
    }
    return new SessionNames(
        words[at], words[at + 1], words[at + 2].replaceFirst("\\([0-9]+\\)$", ""));
  }
}
