package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.Levels;
import io.pgstitch.bpf.PlanNodeEvent;
import io.pgstitch.bpf.SettingRecord;
import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.schema.PlanNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns one backend's kernel records into events: joins texts and plans that came in pieces, turns
 * numbers into names, takes literals out where they may not leave the host.
 */
final class EventTranslator {
  private final EventNames names;
  private final Optional<LiteralMask> mask;
  private final SourceTexts texts;
  private final WaitTargets targets;
  private final CustomWaitNames customWaits;
  private final LockSleep sleep;
  private final HolderView asHolder;
  private final EventEncoder events;
  private final PendingBinds binds;
  private final ByteArrayOutputStream pieces = new ByteArrayOutputStream();
  private final List<PlanNodeEvent> planNodes = new ArrayList<>();
  private boolean busy = true;

  /**
   * @param encoding in which the backend keeps its texts
   * @param relations of its server
   * @param customWaits of its server
   * @param sleep knows the holders of the lock it waits for
   * @param asHolder told of all events
   * @param events where they are written
   */
  EventTranslator(
      EventNames names,
      ServerEncoding encoding,
      RelationNames.OfServer relations,
      CustomWaitNames customWaits,
      Optional<LiteralMask> mask,
      LockSleep sleep,
      HolderView asHolder,
      EventEncoder events) {
    this.names = names;
    this.mask = mask;
    this.texts = new SourceTexts(encoding, mask);
    this.targets = new WaitTargets(names, relations, encoding);
    this.customWaits = customWaits;
    this.sleep = sleep;
    this.asHolder = asHolder;
    this.events = events;
    this.binds = new PendingBinds(names, encoding, mask);
  }

  /** Whether a message or a worker's task runs, as far as the last report of activity says. */
  boolean busy() {
    return busy;
  }

  /** Takes a TEXT record. */
  void text(KernelEvent e) {
    pieces.writeBytes(e.text());
  }

  /** Takes a PLAN_NODE record. */
  void planNode(KernelEvent e) {
    planNodes.add(e.planNode());
  }

  /** Takes a BINDS record; true when it is the last of its event. */
  boolean completesBinds(KernelEvent e) {
    return binds.complete(e);
  }

  /** Writes an event, with the pieces that came before it. */
  void translate(KernelEvent e) throws IOException {
    if (e.kind() != KernelEvent.ACTIVITY && e.kind() != KernelEvent.STATEMENT) {
      asHolder.other(e);
    }
    switch (e.kind()) {
      case KernelEvent.ACTIVITY -> activity(e);
      case KernelEvent.ENTRY -> events.entry(e, names.function(e.function()));
      case KernelEvent.EXIT -> events.exit(e, names.function(e.function()));
      case KernelEvent.STATEMENT -> statement(e);
      case KernelEvent.PORTAL -> {
        byte[] text = wholeText(e);
        events.portal(
            e,
            names.commandTag(e.portal().commandTag()),
            texts.ofStatement(text, isTorn(e, text)),
            text.length == 0);
      }
      case KernelEvent.COMMAND_END -> events.commandEnd(e, names.commandTag(e.commandTag()));
      case KernelEvent.WAIT -> {
        EventNames.WaitName wait = names.wait(e.waited().event());
        events.waited(e, wait.eventClass(), name(wait, e.waited().event()), targets, sleep);
      }
      case KernelEvent.PLAN -> events.plan(e, nodesOf(e));
      case KernelEvent.TRANSACTION_END -> events.transactionEnd(e);
      case KernelEvent.BINDS -> events.binds(e, binds.total(e.bind()), binds.take());
      case KernelEvent.SETTING -> events.setting(e, settingValue(e), isCut(e, e.text()));
      case KernelEvent.ERROR ->
          events.error(
              e,
              errorText(e.text()),
              isCut(e, e.text()),
              errorText(e.error().detail()),
              errorText(e.error().hint()));
      case KernelEvent.THROWN -> events.thrown(e);
      case KernelEvent.WORKER_LAUNCHED -> events.workerLaunched(e);
      case KernelEvent.BACKEND_END -> events.backendEnd(e);
      default -> throw new IllegalStateException("unknown record kind " + e.kind());
    }
    pieces.reset();
    planNodes.clear();
  }

  private void activity(KernelEvent e) throws IOException {
    byte[] text = wholeText(e);
    int state = names.activityState(e.activityState(), text.length > 0);
    busy = EventNames.isRunning(state);
    SourceText sent = texts.message(text, isTorn(e, text));
    asHolder.activity(e, state, sent);
    events.activity(e, state, sent, isCut(e, text));
  }

  private void statement(KernelEvent e) throws IOException {
    byte[] text = wholeText(e);
    SourceText source = texts.ofStatement(text, isTorn(e, text));
    asHolder.statement(e, source);
    events.statement(e, names.function(e.function()), source, text.length == 0, isCut(e, text));
  }

  private byte[] errorText(byte[] text) {
    return texts.utf8(mask.isPresent() ? mask.get().message(text) : text);
  }

  private byte[] name(EventNames.WaitName wait, int event) {
    byte[] told = wait.registered() ? customWaits.name(event) : null;
    return told == null ? wait.name() : told;
  }

  private byte[] settingValue(KernelEvent e) {
    if (e.setting().cause() == SettingRecord.CAUSE_OPERATOR) {
      return String.valueOf(e.setting().level() & Levels.TRACE).getBytes(StandardCharsets.US_ASCII);
    }
    return mask.map(m -> m.setting(e.setting().name(), e.text(), LiteralMask.accepted(e.setting())))
        .orElseGet(e::text);
  }

  /** Nodes of another plan, whose end was lost, may stand before. */
  private List<PlanNode> nodesOf(KernelEvent plan) {
    List<PlanNodeEvent> nodes =
        planNodes.stream().filter(node -> node.sequence() == plan.sequence()).toList();
    return names.planNodes(nodes, texts);
  }

  private byte[] wholeText(KernelEvent e) {
    if (pieces.size() == 0) {
      return e.hasText(texts.messageOfServer()) ? texts.messageOfServer() : e.text();
    }
    pieces.writeBytes(e.text());
    return pieces.toByteArray();
  }

  private static boolean isCut(KernelEvent e, byte[] text) {
    return (e.flags() & (KernelEvent.FLAG_TEXT_CUT | KernelEvent.FLAG_TEXT_UNREADABLE)) != 0
        || text.length != e.textLength();
  }

  /** Whether a piece of the text was lost, so that what is left may begin anywhere. */
  private static boolean isTorn(KernelEvent e, byte[] text) {
    return text.length != e.textLength();
  }
}
