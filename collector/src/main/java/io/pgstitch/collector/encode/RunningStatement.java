package io.pgstitch.collector.encode;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * When the statement began that runs in a backend or, when it is idle, ran last: at the report of
 * its first message, or where the command before it in the message ended. The stitcher finds the
 * same by all that it knows of the session; where these few events leave a doubt, this says so.
 * docs/decisions/0020 explains. Times are CLOCK_MONOTONIC nanoseconds.
 */
public final class RunningStatement {
  /** Portals that wait for their next Execute; fewer than the stitcher keeps. */
  private static final int MOST_PORTALS = 32;

  /**
   * Behind more events than this the stitcher may have sent a part of the trace, and then cuts a
   * message at another place.
   */
  private static final long MOST_EVENTS = 200;

  private final boolean client;
  private final Map<Long, Begin> suspended = new LinkedHashMap<>();
  private boolean suspendedUnnamed;
  private long startNanos;
  private boolean certain;
  private boolean open;
  private boolean done;
  private boolean failed;
  private boolean parsed;
  private boolean defined;
  private boolean definedInMessage;
  private boolean ranInMessage;
  private boolean endedWhereDefined;
  private int messages;
  private int messagesSinceRun;
  private long portal;
  private long executor;
  private long messageNanos;
  private long doneNanos;
  private long events;
  private long eventsBefore;

  private record Begin(long startNanos, boolean certain) {}

  /**
   * @param client whether the backend has a client, whose messages delimit its statements
   */
  public RunningStatement(boolean client) {
    this.client = client;
  }

  /** When it began, 0 when that was not seen. */
  public long startNanos() {
    return startNanos;
  }

  /** Whether that is without doubt. */
  public boolean certain() {
    boolean mayGoOnWithAnother = open && !defined && (suspendedUnnamed || !suspended.isEmpty());
    return client && certain && startNanos != 0 && !mayGoOnWithAnother;
  }

  /** An event came, of whatever kind. */
  public void event() {
    events++;
  }

  /**
   * A message begins to run.
   *
   * @param sameText as the message before
   */
  public void message(long nanos, boolean sameText) {
    if (open && !done && sameText) {
      messages++;
      messagesSinceRun++;
      definedInMessage = false;
      ranInMessage = false;
    } else {
      suspend();
      begin(nanos);
    }
    messageNanos = nanos;
  }

  /** A text is parsed. */
  public void parses() {
    // The message may be another Parse of the text, or a function parses what is its own.
    if (open && !done && !ranInMessage && messages > 1 && (parsed || defined)) {
      certain = false;
    }
    parsed = true;
  }

  /** A text is analysed or planned: behind a command's end that of the message's next statement. */
  public void plans() {
    if (open && done && !failed && endedWhereDefined) {
      nextInMessage();
    }
  }

  /** The portal of the message's statement is defined, or one of a statement inside it. */
  public void defined(long ofPortal) {
    if (!isOpen() || failed) {
      return;
    }
    if (done) {
      nextInMessage();
    } else if (defined && definedInMessage) {
      if (!ranInMessage) {
        portal = ofPortal;
      }
      return;
    } else if (defined) {
      suspend();
      boolean few = isShort();
      begin(messageNanos);
      certain = few;
    }
    defined = true;
    definedInMessage = true;
    portal = ofPortal;
  }

  /** A portal runs: the statement's, one that waited for its next Execute, or one inside it. */
  public void portalRuns(long ofPortal) {
    if (!isOpen() || done || ranInMessage) {
      return;
    }
    ranInMessage = true;
    if (defined && portal == ofPortal) {
      return;
    }
    Begin waited = suspended.remove(ofPortal);
    if (waited != null) {
      certain = waited.certain && !defined;
      startNanos = waited.startNanos;
    } else if (!defined || portal != 0) {
      certain = false;
    }
    definedInMessage = defined ? definedInMessage : messages == 1 && waited == null;
    defined = true;
    portal = ofPortal;
  }

  /** An executor or utility command begins to run with the message's text. */
  public void runs(long ofExecutor) {
    if (!isOpen() || failed) {
      return;
    }
    if (done) {
      nextInMessage();
    }
    if (!defined) {
      // No portal is seen at level 1: it may be the next Execute of one that waited.
      certain &= messages > 1 || (suspended.isEmpty() && !suspendedUnnamed);
      defined = true;
      definedInMessage = messages == 1;
      portal = 0;
    } else if (ranInMessage || definedInMessage) {
      return;
    } else if (portal != 0 || ofExecutor == 0 || ofExecutor != executor || messagesSinceRun > 1) {
      certain = false;
    }
    executor = ofExecutor;
    ranInMessage = true;
    messagesSinceRun = 0;
  }

  /** The command has ended. */
  public void commandEnds(long nanos) {
    if (!isOpen()) {
      return;
    }
    certain &= !done;
    done = true;
    doneNanos = nanos;
    endedWhereDefined = definedInMessage;
  }

  /** An error ended it. */
  public void fails() {
    done = true;
    failed = true;
  }

  /** The session waits for its client. */
  public void idle(boolean inTransaction) {
    suspend();
    open = false;
    if (!inTransaction) {
      transactionEnds();
    }
  }

  /** No portal outlives its transaction. */
  public void transactionEnds() {
    suspended.clear();
    suspendedUnnamed = false;
  }

  /** Events are missing, or were not asked for: what runs now began unseen. */
  public void unseen() {
    transactionEnds();
    open = false;
    startNanos = 0;
    certain = false;
  }

  private boolean isOpen() {
    if (!open) {
      startNanos = 0;
      certain = false;
    }
    return open;
  }

  /** Another statement of the message begins where the last command ended. */
  private void nextInMessage() {
    boolean known = endedWhereDefined && isShort() && certain;
    begin(doneNanos);
    certain = known;
  }

  private boolean isShort() {
    return events - eventsBefore <= MOST_EVENTS;
  }

  private void begin(long nanos) {
    open = true;
    startNanos = nanos;
    certain = true;
    done = false;
    failed = false;
    parsed = false;
    defined = false;
    definedInMessage = false;
    ranInMessage = false;
    messages = 1;
    messagesSinceRun = 0;
    portal = 0;
    executor = 0;
    eventsBefore = events;
  }

  /** Its portal may run again later. */
  private void suspend() {
    if (!open || done || !defined) {
      return;
    }
    if (portal == 0) {
      suspendedUnnamed = true;
      return;
    }
    suspended.remove(portal);
    suspended.put(portal, new Begin(startNanos, certain));
    if (suspended.size() > MOST_PORTALS) {
      suspended.remove(suspended.keySet().iterator().next());
    }
  }
}
