package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.SettingValues;
import io.pgstitch.processor.state.TraceParent;
import io.pgstitch.schema.SettingChanged;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Follows the session's settings that tracing looks at, with what commit and rollback do to them:
 * SET holds when its transaction commits, SET LOCAL until it ends ({@code guc.c}). What a savepoint
 * or a function with a SET clause takes back is not seen.
 */
final class SessionSettings {
  private static final int LONGEST_SHOWN = 64;

  /** {@code PGC_S_OVERRIDE}: values of this and lower sources are what RESET goes back to. */
  private static final int LAST_DEFAULT_SOURCE = 10;

  private static final Pattern RESET_ALL =
      Pattern.compile("\\s*reset\\s+all\\s*;?\\s*", Pattern.CASE_INSENSITIVE);

  private final Session session;
  private final OpenSession state;
  private final RecordLines lines;

  SessionSettings(Session session, RecordLines lines) {
    this.session = session;
    this.state = session.state;
    this.lines = lines;
  }

  /** Values of a setting that was this from the session's start. */
  static SettingValues startingAs(String value) {
    SettingValues values = new SettingValues();
    values.setReset(value);
    values.setSession(value);
    return values;
  }

  /** A setting was changed, or a change was refused. */
  void changed(SettingChanged event, List<String> strings) {
    String value = strings.get(event.getValue());
    switch (strings.get(event.getName())) {
      case "pgstitch.level" -> levelChanged(event, value);
      case "pgstitch.functions" -> {
        // Beside a level with details they bring all of them, which may not be there without.
        if (!event.getRefused() && !event.getInvalid()) {
          BindPhase.probesChange(state);
        }
      }
      case "pgstitch.traceparent" -> {
        if (!value.isBlank() && TraceParents.parse(value) == null) {
          session.counters.add(Counter.MALFORMED_TRACEPARENTS, 1);
        }
        change(state.getTraceparent(), event, value);
      }
      case "application_name" -> {
        int place = TraceParents.find(value);
        if (place >= 0 && TraceParents.parseAt(value, place) == null) {
          session.counters.add(Counter.MALFORMED_TRACEPARENTS, 1);
        }
        change(state.getApplicationName(), event, value);
      }
      default -> {}
    }
  }

  private void levelChanged(SettingChanged event, String value) {
    String shown = value.substring(0, Math.min(value.length(), LONGEST_SHOWN));
    if (event.getRefused() || event.getInvalid()) {
      String why = event.getRefused() ? " REFUSED, " : " MEANS NOTHING, ";
      lines.note("LEVEL", shown + why + event.getLevel() + " STAYS IN FORCE");
      return;
    }
    state.setToldLevel(event.getLevel());
    BindPhase.probesChange(state);
    asked(event);
    if (event.getSource() < 0) {
      lines.note("LEVEL", event.getLevel() + (event.getReset() ? " AGAIN" : " SET FROM OUTSIDE"));
      return;
    }
    String how = event.getReset() ? " RESET" : event.getLocal() ? " SET LOCAL" : " SET";
    lines.note("LEVEL", event.getLevel() + how + " BY " + source(event.getSource()));
  }

  /** Remembers the level that somebody asked for; a reset goes back to it, or to nobody's. */
  private void asked(SettingChanged event) {
    state.setAskedLocally(event.getLocal() && !event.getReset() ? event.getLevel() : 0);
    if (event.getReset() ? event.getLevel() != state.getAskedLevel() : !event.getLocal()) {
      state.setAskedLevel(event.getReset() ? 0 : event.getLevel());
    }
  }

  /** Whether the level in force is one that somebody asked for, and no default. */
  static boolean isAsked(OpenSession state) {
    int level = state.getLevel();
    return level != 0 && (level == state.getAskedLevel() || level == state.getAskedLocally());
  }

  /** As {@code GucSource} of {@code guc.h}. */
  private static String source(int source) {
    return switch (source) {
      case 6 -> "DATABASE";
      case 7 -> "ROLE";
      case 8 -> "ROLE IN DATABASE";
      case 9 -> "CONNECTION";
      default -> source > 0 && source <= LAST_DEFAULT_SOURCE ? "SERVER" : "SESSION";
    };
  }

  private static void change(SettingValues values, SettingChanged event, String value) {
    if (event.getRefused() || event.getInvalid()) {
      return;
    }
    boolean byDefault = event.getSource() > 0 && event.getSource() <= LAST_DEFAULT_SOURCE;
    if (byDefault && !event.getReset()) {
      values.setReset(value);
      values.setSession(value);
      values.setForgotten(false);
      return;
    }
    String to = event.getReset() ? values.getReset() : value;
    if (event.getLocal()) {
      values.setLocal(to);
    } else {
      values.setPending(to);
      values.setLocal(null);
    }
  }

  /** A command is done: some of them reset all settings. */
  void commandDone(String tag, String text) {
    boolean all = tag.equals("DISCARD ALL");
    if (all || (tag.equals("RESET") && RESET_ALL.matcher(text).matches())) {
      reset(state.getTraceparent());
      reset(state.getApplicationName());
    }
  }

  private static void reset(SettingValues values) {
    values.setPending(values.getReset());
    values.setLocal(null);
  }

  void transactionEnded(boolean committed) {
    end(state.getTraceparent(), committed);
    end(state.getApplicationName(), committed);
  }

  private static void end(SettingValues values, boolean committed) {
    if (committed && values.getPending() != null) {
      values.setSession(values.getPending());
      values.setForgotten(false);
    }
    values.setPending(null);
    values.setLocal(null);
  }

  /** What is in force is not known any more: nothing, rather than what may be wrong. */
  static void forget(SettingValues values) {
    values.setSession("");
    values.setForgotten(true);
    values.setPending(null);
    values.setLocal(null);
  }

  /** The context that the settings give to a statement that starts now; none when empty. */
  static TraceParent context(OpenSession state) {
    TraceParent set = TraceParents.parse(inForce(state.getTraceparent()));
    if (set != null) {
      return set;
    }
    String name = inForce(state.getApplicationName());
    int place = TraceParents.find(name);
    TraceParent named = place < 0 ? null : TraceParents.parseAt(name, place);
    return named == null ? TraceParents.none() : named;
  }

  /** application_name in force; where it is not known, that of the session's begin. */
  static String applicationName(Session session) {
    SettingValues values = session.state.getApplicationName();
    boolean isSet = values.getLocal() != null || values.getPending() != null;
    return values.getForgotten() && !isSet ? session.backend.getApplicationName() : inForce(values);
  }

  private static String inForce(SettingValues values) {
    if (values.getLocal() != null) {
      return values.getLocal();
    }
    return values.getPending() != null ? values.getPending() : values.getSession();
  }
}
