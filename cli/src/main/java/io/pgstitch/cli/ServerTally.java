package io.pgstitch.cli;

/**
 * What was seen of one server.
 *
 * @param server how the server is called in reports
 * @param statements statements whose trace ended
 * @param incomplete those of them with a part that was not seen
 * @param lostEvents events lost inside them
 */
record ServerTally(String server, long statements, long incomplete, long lostEvents) {
  ServerTally plus(boolean complete, long lost) {
    return new ServerTally(
        server, statements + 1, incomplete + (complete ? 0 : 1), lostEvents + lost);
  }

  ServerTally plus(ServerTally other) {
    return new ServerTally(
        server,
        statements + other.statements,
        incomplete + other.incomplete,
        lostEvents + other.lostEvents);
  }
}
