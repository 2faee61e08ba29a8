package io.pgstitch.processor.stitch;

/**
 * The rules by which a session's events delimit its statements and their calls, by what the events
 * tell of. docs/decisions/0002 explains them; each has a test of its name.
 *
 * @param messages the client's messages and its pauses
 * @param functions entries of catalogue functions
 * @param portals definitions of portals
 * @param executors starts of executors and utility commands
 * @param commands ends of commands and transactions
 * @param waits waits
 * @param binds bind values
 * @param plans plans that were read
 */
record SessionRules(
    ClientMessages messages,
    FunctionEntries functions,
    Portals portals,
    Executors executors,
    CommandEnds commands,
    Waits waits,
    BoundValues binds,
    Plans plans) {

  /** Wires the rules of one session. */
  static SessionRules of(
      Session session,
      CallStack stack,
      TraceWriter writer,
      StatementLifecycle lifecycle,
      SuspendedPortals suspended) {
    OwnCallWindows windows = new OwnCallWindows(session, lifecycle);
    stack.report(windows);
    TailMove tailMove = new TailMove(session, lifecycle, stack);
    StatementSplits splits = new StatementSplits(session, lifecycle, tailMove);
    Portals portals = new Portals(session, stack, lifecycle, splits, suspended, tailMove, windows);
    Executors executors = new Executors(session, stack, lifecycle, splits, suspended, windows);
    return new SessionRules(
        new ClientMessages(session, lifecycle, suspended),
        new FunctionEntries(session, stack, lifecycle, splits, portals, executors),
        portals,
        executors,
        new CommandEnds(session, stack, writer, lifecycle, suspended),
        new Waits(session, stack, writer, lifecycle),
        new BoundValues(session, stack, writer),
        new Plans(session, stack, suspended));
  }
}
