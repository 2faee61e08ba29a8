package io.pgstitch.collector;

import io.pgstitch.bpf.Detail;
import io.pgstitch.collector.postgres.FactSource;
import io.pgstitch.collector.spool.SpoolSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * How a collector works.
 *
 * @param cluster name of the fleet or environment
 * @param host name of this host in the events
 * @param level sum of the bits of {@link TraceLevel}, 0 traces nothing
 * @param waits how waits are measured
 * @param detail what levels 4, 8 and 12 see of each statement
 * @param functions whether the detailed function catalogue is attached
 * @param addedFunctions functions of the server that are traced beside it, by name
 * @param bindBytes bytes of a bind value that are captured at most
 * @param facts where layouts of PostgreSQL's structs come from
 * @param maskLiterals whether the data of statements stays on the host: literals, bind values and
 *     messages of errors
 * @param pids servers or backends to trace; empty: all servers of the host
 * @param background processes of a server that have no client and are traced all the same
 * @param control whose level is another one, and who may switch it
 * @param controlTopic whether commands of the control topic are carried out
 * @param flushInterval longest time that an event waits before it is sent
 * @param rescanInterval how often new servers are looked for
 * @param ringBytes size of the kernel's ring buffers together, a power of two
 * @param createTopics whether missing topics are created at the start
 * @param partitions of topics that are created
 * @param replication of topics that are created
 * @param rawRetention of the raw events' topic, if it is created
 * @param spool where events wait while Kafka is away
 * @param schemaRegistry settings of the registry client
 * @param kafka settings of the Kafka clients
 */
public record CollectorSettings(
    String cluster,
    String host,
    int level,
    WaitMode waits,
    Detail detail,
    boolean functions,
    List<String> addedFunctions,
    int bindBytes,
    FactSource facts,
    boolean maskLiterals,
    List<Integer> pids,
    Set<BackgroundKind> background,
    ControlSettings control,
    boolean controlTopic,
    Duration flushInterval,
    Duration rescanInterval,
    int ringBytes,
    boolean createTopics,
    int partitions,
    short replication,
    Duration rawRetention,
    SpoolSettings spool,
    Map<String, String> schemaRegistry,
    Map<String, String> kafka) {
  /** Each costs the server two traps a call; more than this is a mistake. */
  private static final int MOST_FUNCTIONS = 1000;

  private static final Pattern SYMBOL = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$.]{0,254}");

  /**
   * Every key with its default; one that ends in {@code *} stands for all that begin so. {@code
   * kafka.} and registry keys are passed on.
   */
  public static Map<String, String> defaults() {
    Map<String, String> d = new LinkedHashMap<>();
    d.put("cluster", "default");
    d.put("host", "");
    d.put("level", "8");
    d.put("waits", WaitMode.SYSCALLS.text());
    d.put("detail", Detail.STATEMENTS.text());
    d.put("functions", "false");
    d.put("functions.add", "");
    d.put("bind.bytes", "4096");
    d.put("facts.directory", "");
    d.put("mask.literals", "false");
    d.put("pids", "");
    d.put("background", BackgroundKind.NONE);
    d.put("level.*", "");
    d.put("control.allow", "any");
    d.put("control.topic", "true");
    d.put("flush.ms", "50");
    d.put("rescan.ms", "1000");
    d.put("ring.bytes", "67108864");
    d.put("topic.create", "true");
    d.put("topic.partitions", "6");
    d.put("topic.replication", "1");
    d.put("topic.raw.retention.hours", "24");
    d.put("spool.directory", "/var/lib/pgstitch/spool");
    d.put("spool.max.bytes", "1073741824");
    d.put("spool.min.free.bytes", "1073741824");
    return d;
  }

  /**
   * Reads settings.
   *
   * @throws IllegalArgumentException naming all that is wrong
   */
  public static CollectorSettings from(Properties properties) {
    Map<String, String> values = defaults();
    Map<String, String> kafka = new LinkedHashMap<>();
    Map<String, String> registry = new LinkedHashMap<>();
    Map<String, String> levels = new LinkedHashMap<>();
    List<String> wrong = new ArrayList<>();
    for (String key : new TreeSet<>(properties.stringPropertyNames())) {
      String value = properties.getProperty(key).trim();
      if (key.startsWith("kafka.")) {
        kafka.put(key.substring("kafka.".length()), value);
      } else if (key.startsWith("level.")) {
        levels.put(key.substring("level.".length()), value);
      } else if (key.startsWith("schema.registry.")
          || key.startsWith("basic.auth.")
          || key.equals("auto.register.schemas")) {
        registry.put(key, value);
      } else if (values.containsKey(key)) {
        values.put(key, value);
      } else {
        wrong.add("unknown setting " + key + "; known are " + String.join(", ", values.keySet()));
      }
    }
    if (!kafka.containsKey("bootstrap.servers")) {
      wrong.add("kafka.bootstrap.servers is missing, e.g. kafka.bootstrap.servers=localhost:9092");
    }
    int level = (int) number(values, "level", 0, 29, wrong);
    if (!TraceLevel.isValid(level)) {
      wrong.add("level is " + level + "; " + TraceLevel.EXPLANATION);
    }
    long ring = number(values, "ring.bytes", 1 << 16, 1 << 30, wrong);
    if (Long.bitCount(ring) != 1) {
      wrong.add("ring.bytes is " + ring + "; use a power of two");
    }
    List<Integer> pids = new ArrayList<>();
    for (String pid : values.get("pids").split(",", -1)) {
      if (!pid.isBlank()) {
        try {
          pids.add(Integer.parseInt(pid.trim()));
        } catch (NumberFormatException e) {
          wrong.add("pids: '" + pid.trim() + "' is not a process id");
        }
      }
    }
    CollectorSettings settings =
        new CollectorSettings(
            values.get("cluster"),
            values.get("host").isEmpty() ? HostName.ofThisHost() : values.get("host"),
            level,
            waitMode(values.get("waits"), wrong),
            detail(values.get("detail"), wrong),
            flag(values, "functions", wrong),
            symbols(values.get("functions.add"), wrong),
            (int) number(values, "bind.bytes", 64, 4096, wrong),
            facts(values.get("facts.directory"), wrong),
            flag(values, "mask.literals", wrong),
            List.copyOf(pids),
            background(values.get("background"), wrong),
            ControlSettings.from(values.get("control.allow"), levels, wrong),
            flag(values, "control.topic", wrong),
            Duration.ofMillis(number(values, "flush.ms", 1, 10_000, wrong)),
            Duration.ofMillis(number(values, "rescan.ms", 50, 3_600_000, wrong)),
            (int) ring,
            flag(values, "topic.create", wrong),
            (int) number(values, "topic.partitions", 1, 10_000, wrong),
            (short) number(values, "topic.replication", 1, 100, wrong),
            Duration.ofHours(number(values, "topic.raw.retention.hours", 1, 87_600, wrong)),
            spool(values, wrong),
            Map.copyOf(registry),
            Map.copyOf(kafka));
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException("collector settings: " + String.join("; ", wrong));
    }
    return settings;
  }

  private static SpoolSettings spool(Map<String, String> values, List<String> wrong) {
    long most = number(values, "spool.max.bytes", 0, Long.MAX_VALUE, wrong);
    if (most != 0 && most < SpoolSettings.LEAST_BYTES) {
      wrong.add("spool.max.bytes is " + most + "; use 0, or at least " + SpoolSettings.LEAST_BYTES);
    }
    if (values.get("spool.directory").isEmpty()) {
      wrong.add("spool.directory is empty; spool.max.bytes=0 does without a spool");
    }
    return new SpoolSettings(
        Path.of(values.get("spool.directory")).toAbsolutePath().normalize(),
        most,
        number(values, "spool.min.free.bytes", 0, Long.MAX_VALUE, wrong));
  }

  private static WaitMode waitMode(String value, List<String> wrong) {
    Optional<WaitMode> mode = WaitMode.of(value);
    if (mode.isEmpty()) {
      wrong.add("waits is '" + value + "'; it must be one of " + WaitMode.all());
    }
    return mode.orElse(WaitMode.SYSCALLS);
  }

  private static Detail detail(String value, List<String> wrong) {
    Optional<Detail> detail = Detail.of(value);
    if (detail.isEmpty()) {
      wrong.add("detail is '" + value + "'; it must be one of " + Detail.all());
    }
    return detail.orElse(Detail.STATEMENTS);
  }

  private static Set<BackgroundKind> background(String kinds, List<String> wrong) {
    try {
      return BackgroundKind.listed(kinds);
    } catch (IllegalArgumentException e) {
      wrong.add("background: " + e.getMessage());
      return Set.of();
    }
  }

  private static FactSource facts(String directory, List<String> wrong) {
    try {
      return directory.isEmpty() ? FactSource.builtIn() : FactSource.replacedBy(Path.of(directory));
    } catch (IllegalArgumentException e) {
      wrong.add("facts.directory: " + e.getMessage());
      return FactSource.builtIn();
    }
  }

  private static List<String> symbols(String names, List<String> wrong) {
    Set<String> symbols = new LinkedHashSet<>();
    for (String name : names.split(",", -1)) {
      String symbol = name.trim();
      if (!symbol.isEmpty() && !SYMBOL.matcher(symbol).matches()) {
        wrong.add("functions.add: '" + symbol + "' is not the name of a function");
      } else if (!symbol.isEmpty()) {
        symbols.add(symbol);
      }
    }
    if (symbols.size() > MOST_FUNCTIONS) {
      wrong.add("functions.add names " + symbols.size() + " functions; at most " + MOST_FUNCTIONS);
    }
    return List.copyOf(symbols);
  }

  private static boolean flag(Map<String, String> values, String key, List<String> wrong) {
    String value = values.get(key);
    if (!value.equals("true") && !value.equals("false")) {
      wrong.add(key + " is '" + value + "'; it must be true or false");
    }
    return value.equals("true");
  }

  private static long number(
      Map<String, String> values, String key, long least, long most, List<String> wrong) {
    try {
      long n = Long.parseLong(values.get(key));
      if (n >= least && n <= most) {
        return n;
      }
      wrong.add(key + " is " + n + "; it must lie between " + least + " and " + most);
    } catch (NumberFormatException e) {
      wrong.add(key + " is '" + values.get(key) + "'; it must be a number");
    }
    return least;
  }
}
