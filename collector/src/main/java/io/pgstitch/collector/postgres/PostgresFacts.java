package io.pgstitch.collector.postgres;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What pgstitch has to know of one PostgreSQL major to read its memory: names of wait events and
 * command tags, offsets of struct fields, numbers of states. The facts are data ({@code
 * collector/postgres-facts}), this class only looks them up. Immutable.
 */
public final class PostgresFacts {
  /** The majors that there are facts of, ascending. */
  public static final List<Integer> SUPPORTED_MAJORS = List.of(13, 14, 15, 16, 17, 18);

  private static final String LWLOCK = "LWLock";
  private static final String EXTENSION = "Extension";
  private static final String INJECTION_POINT = "InjectionPoint";

  private final int major;
  private final Map<Integer, String> classes;
  private final Map<Integer, String> events;
  private final int lastBuiltInLwLock;
  private final Map<Integer, String> tags;
  private final Map<String, Integer> layout;
  private final Map<Integer, ActivityState> states;
  private final boolean known;
  private final FactSource source;

  private PostgresFacts(int major, FactSource source) {
    this.major = major;
    this.known = true;
    this.source = source;
    this.classes = names(FactFile.read(major, "wait-event-classes.tsv", "\t", 2), 1);
    this.events = names(FactFile.read(major, "wait-events.tsv", "\t", 3), 2);
    this.lastBuiltInLwLock =
        events.keySet().stream()
            .filter(id -> waitEventClass(id).equals(LWLOCK))
            .mapToInt(Integer::intValue)
            .max()
            .orElseThrow();
    this.tags = names(FactFile.read(major, "command-tags.tsv", "\t", 2), 1);
    this.layout = source.values(major, FactSource.LAYOUT);
    this.states = states(layout);
  }

  /**
   * The facts of a major, e.g. 17.
   *
   * @throws UnsupportedMajorException for a major without facts
   */
  public static PostgresFacts of(int major) {
    if (!SUPPORTED_MAJORS.contains(major)) {
      throw new UnsupportedMajorException(major);
    }
    return new PostgresFacts(major, FactSource.builtIn());
  }

  /** Of a major without facts: the classes of waits, which do not change, and no name or number. */
  private PostgresFacts(int major, PostgresFacts newest) {
    this.major = major;
    this.known = false;
    this.source = FactSource.builtIn();
    this.classes = newest.classes;
    this.events = Map.of();
    this.lastBuiltInLwLock = -1;
    this.tags = Map.of();
    this.layout = Map.of();
    this.states = Map.of();
  }

  /**
   * The facts of a major, or as little as is true of any when there are none: no struct can be
   * followed and no number named.
   */
  public static PostgresFacts ofAny(int major) {
    return ofAny(major, FactSource.builtIn());
  }

  /** The same, with layouts from a source. */
  public static PostgresFacts ofAny(int major, FactSource source) {
    return SUPPORTED_MAJORS.contains(major)
        ? new PostgresFacts(major, source)
        : new PostgresFacts(major, of(newestMajor()));
  }

  /**
   * Where handles of asynchronous IO are, by the keys of asynchronous-io.properties; empty for a
   * major that has none.
   */
  public Map<String, Integer> asynchronousIo() {
    return known ? source.values(major, FactSource.ASYNCHRONOUS_IO) : Map.of();
  }

  /** Where the names of registered wait events lie; empty for a major that has none, up to 16. */
  public Map<String, Integer> customWaits() {
    return known ? source.values(major, FactSource.CUSTOM_WAITS) : Map.of();
  }

  /** Where its layouts come from. */
  public FactSource source() {
    return source;
  }

  /** The newest major that there are facts of. */
  public static int newestMajor() {
    return SUPPORTED_MAJORS.get(SUPPORTED_MAJORS.size() - 1);
  }

  /** Whether there are facts of this major. */
  public boolean isKnown() {
    return known;
  }

  private static Map<Integer, String> names(FactFile file, int column) {
    Map<Integer, String> names = new HashMap<>();
    for (FactFile.Row row : file.rows()) {
      if (names.put(row.number(0), row.text(column)) != null) {
        throw new IllegalStateException(
            row.place() + ": the number is there twice; generate the file again");
      }
    }
    return Map.copyOf(names);
  }

  private static Map<Integer, ActivityState> states(Map<String, Integer> layout) {
    Map<ActivityState, String> keys = new EnumMap<>(ActivityState.class);
    keys.put(ActivityState.STARTING, "activity.starting");
    keys.put(ActivityState.IDLE, "activity.idle");
    keys.put(ActivityState.RUNNING, "activity.running");
    keys.put(ActivityState.IDLE_IN_TRANSACTION, "activity.idle_in_transaction");
    keys.put(ActivityState.FASTPATH, "activity.fastpath");
    keys.put(ActivityState.IDLE_IN_ABORTED, "activity.idle_in_aborted");
    keys.put(ActivityState.DISABLED, "activity.disabled");
    Map<Integer, ActivityState> states = new HashMap<>();
    keys.forEach(
        (state, key) -> {
          Integer number = layout.get(key);
          if (number != null) {
            states.put(number, state);
          }
        });
    return Map.copyOf(states);
  }

  /** The major, e.g. 17. */
  public int major() {
    return major;
  }

  /**
   * The class of a wait event, e.g. {@code IO}.
   *
   * @param id the server's wait_event_info: class in the highest byte
   * @return the name as pg_stat_activity shows it, {@code unknown:0x0C000000} for a class this
   *     major does not have
   */
  public String waitEventClass(int id) {
    int base = id & 0xFF000000;
    String name = classes.get(base);
    return name == null ? unknown(base) : name;
  }

  /**
   * The name of a wait event, e.g. {@code DataFileRead}. Events and locks that extensions register
   * have numbers given out at run time, and their names are in no place that is the same in all
   * builds: they are called by their number, {@code extension event 3} and {@code tranche 97}.
   *
   * @param id the server's wait_event_info
   * @return the name as pg_stat_activity shows it, {@code unknown:0x0A0000FF} for an id this major
   *     does not have
   */
  public String waitEventName(int id) {
    String name = events.get(id);
    if (name != null) {
      return name;
    }
    String eventClass = waitEventClass(id);
    if (eventClass.equals(EXTENSION)) {
      return "extension event " + (id & 0xFFFF);
    }
    if (known && eventClass.equals(LWLOCK) && id > lastBuiltInLwLock) {
      return "tranche " + (id & 0xFFFF);
    }
    return unknown(id);
  }

  /** Whether a wait event has a number that was given out at run time, to an extension. */
  public boolean isRegisteredWait(int id) {
    String eventClass = waitEventClass(id);
    return !events.containsKey(id)
        && (eventClass.equals(EXTENSION)
            || eventClass.equals(INJECTION_POINT)
            || eventClass.equals(LWLOCK));
  }

  /**
   * The command tag with this number, e.g. {@code SELECT}; {@code unknown:0x000000FF} for one this
   * major does not have.
   */
  public String commandTag(int number) {
    String name = tags.get(number);
    return name == null ? unknown(number) : name;
  }

  /**
   * The number of a command tag.
   *
   * @throws IllegalArgumentException if this major has no such tag
   */
  public int commandTagNumber(String name) {
    return tags.entrySet().stream()
        .filter(tag -> tag.getValue().equals(name))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("PostgreSQL " + major + " has no tag " + name));
  }

  /** Whether layout.properties of this major has a key. */
  public boolean has(String key) {
    return layout.containsKey(key);
  }

  /**
   * A value of layout.properties: byte offset of a struct field, or number of an enum's constant.
   *
   * @param key e.g. {@code estate.es_processed}
   * @throws IllegalArgumentException if this major has no such field
   */
  public int offset(String key) {
    Integer value = layout.get(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "PostgreSQL "
              + major
              + " has no '"
              + key
              + "' in postgres-facts/"
              + major
              + "/layout.properties");
    }
    return value;
  }

  /**
   * The state with this number in pgstat_report_activity; UNDEFINED for one this major does not
   * have.
   */
  public ActivityState activityState(int number) {
    return states.getOrDefault(number, ActivityState.UNDEFINED);
  }

  private static String unknown(int id) {
    return String.format("unknown:0x%08X", id);
  }
}
