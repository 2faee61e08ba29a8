package io.pgstitch.processor.stitch;

/**
 * The rules by which a session's events delimit its statements and their calls, by what the events
 * tell of. docs/decisions/0002 explains them; each has a test of its name.
 *
 * @param messages the client's messages and its pauses
 * @param functions entries of catalogue functions
 * @param plannings what the planner works for
 * @param portals definitions of portals
 * @param executors starts of executors and utility commands
 * @param commands ends of commands and transactions
 * @param waits waits
 * @param transactions whose ends were not seen
 * @param settings settings of the session
 * @param binds bind values
 * @param plans plans that were read
 */
record SessionRules(
    ClientMessages messages,
    FunctionEntries functions,
    Plannings plannings,
    Portals portals,
    Executors executors,
    CommandEnds commands,
    Waits waits,
    Transactions transactions,
    SessionSettings settings,
    BoundValues binds,
    Plans plans) {

  /** Levels with these bits bring portals, starts of executors and ends of transactions. */
  private static final int DETAIL = 4 | 8 | 16;

  /** Whether all events come at this level, not only those of level 1. */
  static boolean isDetail(int level) {
    return (level & DETAIL) != 0;
  }

  /** Wires the rules of one session. */
  static SessionRules of(
      Session session,
      CallStack stack,
      TraceWriter writer,
      StatementLifecycle lifecycle,
      SuspendedPortals suspended,
      WorkerLaunches launches,
      BindPhase bind) {
    Transactions transactions = new Transactions(session);
    OwnCallWindows windows = new OwnCallWindows(session, lifecycle, transactions, bind);
    stack.report(windows);
    TailMove tailMove = new TailMove(session, lifecycle, stack);
    StatementSplits splits = new StatementSplits(session, lifecycle, tailMove);
    Portals portals =
        new Portals(session, stack, lifecycle, splits, suspended, tailMove, windows, bind);
    SessionSettings settings = new SessionSettings(session, writer.lines());
    LeanStatements leanStatements =
        new LeanStatements(session, stack, lifecycle, splits, suspended, tailMove, transactions);
    Executors executors =
        new Executors(session, stack, lifecycle, splits, suspended, windows, leanStatements);
    CommandEnds commands =
        new CommandEnds(session, stack, writer, lifecycle, suspended, transactions, settings, bind);
    FunctionEntries functions =
        new FunctionEntries(session, stack, lifecycle, splits, portals, executors, launches, bind);
    return new SessionRules(
        new ClientMessages(session, lifecycle, suspended, commands, transactions, bind),
        functions,
        new Plannings(session, stack, lifecycle, functions),
        portals,
        executors,
        commands,
        new Waits(session, stack, writer, lifecycle),
        transactions,
        settings,
        new BoundValues(session, stack, writer),
        new Plans(session, stack, suspended));
  }
}
