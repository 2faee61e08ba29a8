package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.probe.LayoutPart;
import io.pgstitch.schema.Activity;
import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindsBound;
import io.pgstitch.schema.PlanCaptured;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.testkit.Majors;
import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Structs that are not where they should be are found while statements run, each by itself. */
class LayoutChecksIT {
  private static final int MAJOR = 15;
  private static final String NESTED = "insert into log values (1)";

  @TempDir private Path dir;

  /** A value of the facts that is not the server's: a field that lies elsewhere. */
  private record Shift(String file, String key, int by) {
    static Shift of(String key, int by) {
      return new Shift("layout.properties", key, by);
    }

    static Shift ofPlan(String key, int by) {
      return new Shift("plan-layout.properties", key, by);
    }

    static Shift ofBinds(String key, int by) {
      return new Shift("binds.properties", key, by);
    }
  }

  private static final List<Shift> QUERY =
      List.of(
          Shift.of("query_desc.plannedstmt", 8),
          Shift.of("query_desc.source_text", 8),
          Shift.of("query_desc.estate", 8),
          Shift.of("estate.es_processed", -8),
          Shift.of("estate.es_processed", 8),
          Shift.of("planned_stmt.command_type", 4),
          Shift.of("planned_stmt.stmt_location", -4),
          Shift.of("planned_stmt.stmt_len", -4));

  private static final List<Shift> PLAN =
      List.of(
          Shift.ofPlan("query_desc.planstate", -8),
          Shift.ofPlan("plan_state.plan", 8),
          Shift.ofPlan("plan_state.lefttree", 8),
          Shift.ofPlan("plan_state.instrument", 8));

  private static final List<Shift> BINDS =
      List.of(
          Shift.ofBinds("query_desc.params", -8),
          Shift.ofBinds("query_desc.params", 8),
          Shift.ofBinds("param.is_null", 4),
          Shift.ofBinds("param_list.params", 8));

  private static final List<Shift> PORTAL =
      List.of(Shift.of("portal.name", 8), Shift.of("list.elements", 8));

  private static final List<Shift> RELATION =
      List.of(
          Shift.of("relation.rd_id", 4),
          Shift.of("relation.rd_rel", 8),
          Shift.of("relation.rd_backend", 4),
          Shift.of("class.relname", 64),
          Shift.of("estate.es_range_table_size", 4));

  private static final List<Shift> LOCK =
      List.of(
          Shift.of("locallock.lock", 8),
          Shift.of("lock.proc_locks", 8),
          Shift.of("proclock.my_lock", 8),
          Shift.of("proclock.group_leader", 8),
          Shift.of("proclock.lock_link", 8),
          Shift.of("pgproc.pid", 4));

  private static final List<Shift> MESSAGE =
      List.of(
          Shift.of("string_info.data", 8),
          Shift.of("string_info.len", 4),
          Shift.of("string_info.cursor", 4));

  private static final List<Map<LayoutPart, Shift>> RUNS = runs();

  /** What does not depend on each other is tried at the same time: a plan hangs on its query. */
  private static List<Map<LayoutPart, Shift>> runs() {
    List<Map<LayoutPart, Shift>> runs = new ArrayList<>();
    for (int i = 0; i < QUERY.size(); i++) {
      Map<LayoutPart, Shift> run = new EnumMap<>(LayoutPart.class);
      run.put(LayoutPart.QUERY, QUERY.get(i));
      add(run, LayoutPart.PORTAL, PORTAL, i);
      add(run, LayoutPart.LOCK, LOCK, i);
      add(run, LayoutPart.MESSAGE, MESSAGE, i);
      runs.add(run);
    }
    for (int i = 0; i < Math.max(PLAN.size(), RELATION.size()); i++) {
      Map<LayoutPart, Shift> run = new EnumMap<>(LayoutPart.class);
      add(run, LayoutPart.PLAN, PLAN, i);
      add(run, LayoutPart.BINDS, BINDS, i);
      add(run, LayoutPart.RELATION, RELATION, i);
      runs.add(run);
    }
    return runs;
  }

  private static void add(
      Map<LayoutPart, Shift> run, LayoutPart part, List<Shift> shifts, int index) {
    if (index < shifts.size()) {
      run.put(part, shifts.get(index));
    }
  }

  @Test
  @Tag("soak")
  void aFieldThatLiesElsewhereIsFoundAndNothingOfItIsSent() throws Exception {
    try (TracedServer traced =
        new TracedServer(dir, PostgresInstallations.ofMajor(MAJOR), b -> b)) {
      prepare(traced);
      traced.set("level", "29");
      traced.expectReduced();
      List<String> missed = new ArrayList<>();
      for (int i = 0; i < RUNS.size(); i++) {
        traced.set("facts.directory", facts(i).toString());
        Collector collector = traced.collect();
        work(traced, "run " + i, RUNS.get(i).containsKey(LayoutPart.LOCK));
        collector.close();
        String reduced = reduced(collector, traced);
        for (Map.Entry<LayoutPart, Shift> each : RUNS.get(i).entrySet()) {
          if (!reduced.contains(each.getKey().loss())) {
            missed.add(each + " in: " + reduced);
          }
        }
      }
      assertThat(missed).isEmpty();
      List<RawEventBatch> batches = traced.batches();
      for (int i = 0; i < RUNS.size(); i++) {
        List<RawEventBatch> run = of("run " + i, batches);
        assertThat(messages(run)).contains("select 'run " + i + "'");
        assertThat(run).allMatch(b -> b.getLostBefore() == 0);
        if (RUNS.get(i).containsKey(LayoutPart.PLAN)) {
          assertThat(nested(run)).contains(NESTED);
        } else {
          assertThat(nested(run)).as("%s", RUNS.get(i)).isSubsetOf(NESTED, "");
        }
        // Until it is noticed that the flag for null lies elsewhere, a value may pass for one.
        assertThat(values(run)).isSubsetOf("7", "");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("majors")
  void aStockBuildIsAsItsMajorHasIt(int major) throws Exception {
    try (TracedServer traced = new TracedServer(dir, major)) {
      prepare(traced);
      traced.set("level", "29");
      Collector collector = traced.collect();
      work(traced, "stock", true);
      List<RawEventBatch> batches = traced.batches();
      assertThat(reduced(collector, traced)).isEmpty();
      assertThat(events(batches, PlanCaptured.class)).isNotEmpty();
      assertThat(nested(batches)).contains(NESTED);
      assertThat(values(batches)).contains("7");
    }
  }

  private static IntStream majors() {
    return Majors.sampled();
  }

  private Path facts(int run) throws IOException {
    Path facts = dir.resolve("facts" + run);
    Path ofMajor = Files.createDirectories(facts.resolve(String.valueOf(MAJOR)));
    for (Shift shift : RUNS.get(run).values()) {
      Path file = ofMajor.resolve(shift.file());
      String before = Files.exists(file) ? Files.readString(file) : "";
      Files.writeString(file, before + shift.key() + "=" + (builtIn(shift) + shift.by()) + "\n");
    }
    return facts;
  }

  private static int builtIn(Shift shift) throws IOException {
    Properties values = new Properties();
    try (var in =
        LayoutChecksIT.class.getResourceAsStream("/postgres-facts/" + MAJOR + "/" + shift.file())) {
      values.load(in);
    }
    return Integer.parseInt(values.getProperty(shift.key()));
  }

  private static void prepare(TracedServer traced) {
    traced.server().client().sql("create table t as select g from generate_series(1, 10) g");
    traced.server().client().sql("create table log (n int)");
  }

  /** One session that does something of everything. */
  private static void work(TracedServer traced, String name, boolean locks) {
    traced
        .server()
        .client()
        .psql(
            "-v",
            "ON_ERROR_STOP=0",
            "-c",
            "select '" + name + "'",
            "-c",
            "select 1; select g, 'second' from t limit 2; select 3 ",
            "-c",
            "do $$ begin " + NESTED + "; end $$",
            "-c",
            "prepare p(int, text) as select * from t where g = $1 and $2 is null",
            "-c",
            "execute p(7, null)",
            "-c",
            "explain analyze select g, (select count(*) from t u where u.g < t.g) from t join"
                + " generate_series(1, 3) s on s = g where g <> (select min(g) from t)",
            "-c",
            "select g, (select count(*) from t u where u.g < t.g) from t join"
                + " generate_series(1, 3) s on s = g where g <> (select min(g) from t) order by g",
            "-c",
            "begin; declare c cursor for select * from t; fetch 2 from c; commit",
            "-c",
            "create temp table mine as select 1 as one",
            "-c",
            "select * from mine",
            "-c",
            "select 1/(g-1) from t",
            "-c",
            "select 'end'");
    if (locks) {
      try (PsqlSession holder = new PsqlSession(traced.server());
          PsqlSession waiter = new PsqlSession(traced.server())) {
        holder.run("begin");
        holder.run("lock table t");
        waiter.run("set lock_timeout = '200ms'");
        waiter.run("select count(*) from t");
      }
    }
  }

  private static String reduced(Collector collector, TracedServer traced) {
    return collector.status().servers().stream()
        .filter(s -> s.pid() == traced.server().postmasterPid())
        .findFirst()
        .orElseThrow()
        .reduced();
  }

  /** Those of the backend that said so. */
  private static List<RawEventBatch> of(String name, List<RawEventBatch> batches) {
    String text = "select '" + name + "'";
    List<Integer> pids =
        batches.stream()
            .filter(b -> b.getStrings().contains(text))
            .map(b -> b.getBackend().getPid())
            .toList();
    return batches.stream().filter(b -> pids.contains(b.getBackend().getPid())).toList();
  }

  private static <T> List<T> events(List<RawEventBatch> batches, Class<T> kind) {
    return batches.stream()
        .flatMap(b -> b.getEvents().stream())
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }

  private static List<String> messages(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Activity.class::isInstance)
                    .map(e -> b.getStrings().get(((Activity) e).getText())))
        .toList();
  }

  /** Texts of statements that are not the message's. */
  private static List<String> nested(List<RawEventBatch> batches) {
    return batches.stream()
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(StatementEntry.class::isInstance)
                    .map(e -> b.getStrings().get(((StatementEntry) e).getText())))
        .filter(text -> text.isEmpty() || text.startsWith("insert") || !text.contains("select"))
        .filter(text -> !text.contains("prepare") && !text.contains("explain"))
        .toList();
  }

  private static List<String> values(List<RawEventBatch> batches) {
    return events(batches, BindsBound.class).stream()
        .flatMap(b -> b.getBinds().stream())
        .filter(b -> b.getValue() != null)
        .map(Bind::getValue)
        .toList();
  }
}
