package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockTarget;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Wait;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What waits wait for is what the server says of itself. */
final class WaitTargetsIT {
  private static final String BIG =
      "create table big as select g, repeat('x', 800) as filler from generate_series(1, 20000) g";

  @TempDir Path dir;

  private record Seen(String eventClass, String event, Wait itself) {
    IoTarget io() {
      return itself.getTarget() instanceof IoTarget io ? io : null;
    }
  }

  private static List<Seen> waits(List<RawEventBatch> batches) {
    List<Seen> waits = new ArrayList<>();
    for (RawEventBatch batch : batches) {
      for (Object event : batch.getEvents()) {
        if (event instanceof Wait w) {
          List<String> strings = batch.getStrings();
          waits.add(new Seen(strings.get(w.getEventClass()), strings.get(w.getEvent()), w));
        }
      }
    }
    return waits;
  }

  private TracedServer traced(int major) {
    PostgresInstallation installation = PostgresInstallations.ofMajor(major);
    return new TracedServer(
        dir,
        installation,
        b -> {
          ThrowawayPostgres.Builder small =
              b.setting("shared_buffers", "1MB").setting("autovacuum", "off");
          // 18 lets worker processes read by default: the backend itself waits for no file then.
          return major >= 18
              ? small.setting("io_method", "sync").setting("io_combine_limit", "1")
              : small;
        });
  }

  private static long number(TracedServer traced, String sql) {
    return Long.parseLong(traced.server().client().sql(sql));
  }

  private static List<Seen> reads(List<Seen> waits, long relfilenode) {
    return waits.stream()
        .filter(w -> w.event().equals("DataFileRead"))
        .filter(w -> w.io() != null && w.io().getRelfilenode() == relfilenode)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void eachBlockOfATableAndItsIndexIsReadUnderItsName(int major) {
    try (TracedServer traced = traced(major)) {
      traced.server().client().sql(BIG);
      traced.server().client().sql("create index big_g on big (g)");
      traced.server().client().sql("vacuum full big");
      traced.server().client().sql("alter table big set (parallel_workers = 0)");
      traced.server().restart();
      traced.collect();
      traced.server().client().sql("select count(filler) from big");
      traced
          .server()
          .client()
          .sql(
              "set enable_seqscan = off; set enable_bitmapscan = off; select filler from big where g = 77");
      long database = number(traced, "select oid from pg_database where datname = 'postgres'");
      long oid = number(traced, "select 'big'::regclass::oid");
      long file = number(traced, "select pg_relation_filenode('big')");
      long blocks = number(traced, "select pg_relation_size('big') / 8192");
      long index = number(traced, "select 'big_g'::regclass::oid");
      long indexFile = number(traced, "select pg_relation_filenode('big_g')");
      String path = traced.server().client().sql("select pg_relation_filepath('big')");
      List<Seen> waits = waits(traced.batches());
      assertThat(file).isNotEqualTo(oid);
      assertThat(reads(waits, file))
          .allSatisfy(
              w -> {
                assertThat(w.io().getRelationOid()).isEqualTo(oid);
                assertThat(w.io().getRelation()).isEqualTo("big");
                assertThat(w.io().getDatabaseOid()).isEqualTo(database);
                assertThat(w.io().getTablespaceOid()).isEqualTo(1663);
                assertThat(w.io().getFork()).isEqualTo("main");
                assertThat(w.io().getFile()).isEqualTo(path);
              });
      Set<Long> read =
          reads(waits, file).stream()
              .flatMap(
                  w ->
                      LongStream.range(0, w.io().getBytes() / 8192)
                          .mapToObj(i -> w.io().getBlock() + i))
              .collect(Collectors.toSet());
      assertThat(read)
          .containsExactlyInAnyOrderElementsOf(LongStream.range(0, blocks).boxed().toList());
      assertThat(reads(waits, indexFile))
          .isNotEmpty()
          .allSatisfy(
              w -> {
                assertThat(w.io().getRelationOid()).isEqualTo(index);
                assertThat(w.io().getRelation()).isEqualTo("big_g");
              });
    }
  }

  /** As 18 comes: IO workers read, and the backend sleeps until they have. */
  @Test
  void theBlocksThatAnIoWorkerReadsAreNamed() {
    try (TracedServer traced =
        new TracedServer(
            dir,
            PostgresInstallations.ofMajor(18),
            b -> b.setting("shared_buffers", "1MB").setting("autovacuum", "off"))) {
      assertThat(traced.server().client().sql("show io_method")).isEqualTo("worker");
      traced.server().client().sql(BIG);
      traced.server().client().sql("vacuum full big");
      traced.server().client().sql("alter table big set (parallel_workers = 0)");
      traced.server().restart();
      traced.collect();
      for (int i = 0; i < 5; i++) {
        traced.server().client().sql("select count(filler) from big");
      }
      long oid = number(traced, "select 'big'::regclass::oid");
      long database = number(traced, "select oid from pg_database where datname = 'postgres'");
      long file = number(traced, "select pg_relation_filenode('big')");
      long blocks = number(traced, "select pg_relation_size('big') / 8192");
      List<Seen> completions =
          waits(traced.batches()).stream()
              .filter(w -> w.event().equals("AioIoCompletion"))
              .toList();
      assertThat(completions).hasSizeGreaterThan(20).allMatch(w -> w.io() != null);
      List<Seen> ofTable =
          completions.stream().filter(w -> w.io().getRelfilenode() == file).toList();
      assertThat(ofTable)
          .hasSizeGreaterThan(20)
          .allSatisfy(
              w -> {
                assertThat(w.io().getRelationOid()).isEqualTo(oid);
                assertThat(w.io().getRelation()).isEqualTo("big");
                assertThat(w.io().getDatabaseOid()).isEqualTo(database);
                assertThat(w.io().getTablespaceOid()).isEqualTo(1663);
                assertThat(w.io().getFork()).isEqualTo("main");
                assertThat(w.io().getBytes()).isPositive();
                assertThat(w.io().getBytes() % 8192).isZero();
                assertThat(w.io().getBlock() + w.io().getBytes() / 8192).isBetween(1L, blocks);
              });
      // Not always the same ones: a scan waits for blocks from its begin to its end.
      assertThat(ofTable.stream().map(w -> w.io().getBlock()).distinct().count()).isGreaterThan(10);
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void aRewriteRenamesTheFileAndARenameTheRelation(int major) {
    try (TracedServer traced = traced(major)) {
      traced.server().client().sql(BIG);
      traced.collect();
      long before = number(traced, "select pg_relation_filenode('big')");
      traced.server().client().sql("select count(filler) from big");
      traced.server().client().sql("vacuum full big");
      traced.server().client().sql("alter table big rename to \"Größe 'x'\"");
      long after = number(traced, "select pg_relation_filenode('\"Größe ''x''\"')");
      long oid = number(traced, "select '\"Größe ''x''\"'::regclass::oid");
      traced.server().client().sql("select count(filler) from \"Größe 'x'\"");
      List<Seen> waits = waits(traced.batches());
      assertThat(reads(waits, before))
          .isNotEmpty()
          .allMatch(w -> w.io().getRelationOid() == oid && w.io().getRelation().equals("big"));
      assertThat(reads(waits, after).stream().map(w -> w.io().getRelation()))
          .contains("Größe 'x'")
          .isSubsetOf("Größe 'x'", "big");
      assertThat(reads(waits, after)).allMatch(w -> w.io().getRelationOid() == oid);
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void tablespacesTemporaryTablesAndOtherFilesAreToldApart(int major) throws IOException {
    Path space = Files.createTempDirectory("pgstitch-space");
    Files.setPosixFilePermissions(space, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (TracedServer traced = traced(major)) {
      Path location = space.resolve("own");
      traced
          .server()
          .client()
          .sql("copy (select 1) to program 'cat > /dev/null; mkdir " + location + "'");
      traced.server().client().sql("create tablespace own location '" + location + "'");
      traced.server().client().sql(BIG.replace("as select", "tablespace own as select"));
      traced.collect();
      long tablespace = number(traced, "select oid from pg_tablespace where spcname = 'own'");
      long file = number(traced, "select pg_relation_filenode('big')");
      traced.server().client().sql("select count(filler) from big");
      String temporary =
          traced
              .server()
              .client()
              .psql(
                  "-A",
                  "-t",
                  "-q",
                  "-c",
                  "set temp_buffers = '800kB'",
                  "-c",
                  "set work_mem = '64kB'",
                  "-c",
                  "create temp table mine as select * from big",
                  "-c",
                  "select count(filler) from mine",
                  "-c",
                  "select pg_relation_filepath('mine')",
                  "-c",
                  "select count(*) from (select filler, g from big order by filler, g) s")
              .lines()
              .filter(l -> l.startsWith("base/"))
              .findFirst()
              .orElseThrow();
      List<Seen> waits = waits(traced.batches());
      assertThat(reads(waits, file))
          .isNotEmpty()
          .allMatch(w -> w.io().getTablespaceOid() == tablespace)
          .allMatch(w -> w.io().getRelation().equals("big"))
          .allMatch(w -> w.io().getFile().startsWith(".../PG_" + major + "_"));
      assertThat(waits.stream().filter(w -> w.io() != null && w.io().getFile().equals(temporary)))
          .isNotEmpty()
          .anyMatch(w -> w.io().getRelation().equals("mine"));
      List<Seen> spilled =
          waits.stream().filter(w -> w.event().equalsIgnoreCase("BufFileWrite")).toList();
      // One of all had no file, twice in some hundred runs on busy machines; why is not known.
      List<Seen> unnamed = spilled.stream().filter(w -> w.io() == null).toList();
      unnamed.forEach(w -> System.out.println("a wait for a file has none: " + w));
      assertThat(unnamed).hasSizeLessThanOrEqualTo(1);
      assertThat(spilled.stream().filter(w -> w.io() != null))
          .hasSizeGreaterThan(10)
          .allMatch(w -> w.io().getFile().startsWith("base/pgsql_tmp/pgsql_tmp"))
          .allMatch(w -> w.io().getRelfilenode() == 0 && w.io().getRelationOid() == 0);
      assertThat(waits.stream().filter(w -> w.event().equalsIgnoreCase("WALWrite")))
          .isNotEmpty()
          .allMatch(w -> w.io().getFile().matches("pg_wal/[0-9A-F]{24}"));
    } finally {
      delete(space);
    }
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void theClientsBytesAreThoseOfItsMessages(int major) throws Exception {
    try (TracedServer traced = traced(major)) {
      traced.collect();
      try (PsqlSession session = new PsqlSession(traced.server())) {
        session.run("select 1");
        TimeUnit.MILLISECONDS.sleep(50);
        session.run("select 'a statement of forty-one bytes, see'");
      }
      List<Long> bytes =
          waits(traced.batches()).stream()
              .filter(w -> w.event().equals("ClientRead") && w.io() != null)
              .map(w -> w.io().getBytes())
              .toList();
      // A byte for the type, four for the length, and one behind the text.
      assertThat(bytes).contains(6L + "select 'a statement of forty-one bytes, see';".length());
    }
  }

  /**
   * Who blocks a backend, as the server says; on a busy machine it takes a while until it waits.
   */
  private static Set<Integer> blockers(PsqlSession watcher, long pid) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (System.nanoTime() < deadline) {
      String pids = watcher.ask("select array_to_string(pg_blocking_pids(" + pid + "), ',')");
      if (!pids.isEmpty()) {
        return Arrays.stream(pids.split(",", -1))
            .map(Integer::parseInt)
            .collect(Collectors.toSet());
      }
    }
    throw new IllegalStateException("nobody blocks " + pid);
  }

  private record Expected(String type, String mode, String relation, Set<Integer> holders) {}

  private static Expected blocked(
      PsqlSession watcher, List<PsqlSession> holders, PsqlSession waiter, String sql) {
    waiter.send(sql);
    Set<Integer> pids = blockers(watcher, waiter.pid());
    String lock =
        watcher.ask(
            "select locktype || ' ' || mode || ' ' || coalesce(relation::regclass::text, '-') from pg_locks"
                + " where not granted and pid = "
                + waiter.pid());
    String[] fields = lock.split(" ", -1);
    holders.forEach(h -> h.run("rollback"));
    waiter.run("rollback");
    return new Expected(fields[0], fields[1], fields[2].replace("-", ""), pids);
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void theHoldersOfALockAreThoseWhomTheServerNames(int major) {
    try (TracedServer traced = traced(major)) {
      traced.server().client().sql("create table t as select 1 as a");
      traced.collect();
      List<Expected> expected = new ArrayList<>();
      try (PsqlSession one = new PsqlSession(traced.server());
          PsqlSession two = new PsqlSession(traced.server());
          PsqlSession three = new PsqlSession(traced.server());
          PsqlSession waiter = new PsqlSession(traced.server());
          PsqlSession watcher = new PsqlSession(traced.server())) {
        // LOCK TABLE alone opens no relation that could be learned.
        watcher.run("select from t");
        one.run("begin; lock table t in row exclusive mode");
        two.run("begin; lock table t in access share mode");
        expected.add(
            blocked(watcher, List.of(one, two), waiter, "begin; lock table t in share mode"));
        for (PsqlSession s : List.of(one, two, three)) {
          s.run("begin; select pg_advisory_xact_lock_shared(77)");
        }
        expected.add(
            blocked(
                watcher,
                List.of(one, two, three),
                waiter,
                "begin; select pg_advisory_xact_lock(77)"));
        one.run("begin; update t set a = 2");
        expected.add(blocked(watcher, List.of(one), waiter, "begin; update t set a = 3"));
        one.run("begin; update t set a = 2");
        two.send("begin; update t set a = 3");
        blockers(watcher, two.pid());
        waiter.send("begin; update t set a = 4");
        blockers(watcher, waiter.pid());
        String tuple =
            watcher.ask(
                "select locktype from pg_locks where not granted and pid = " + waiter.pid());
        assertThat(tuple).isEqualTo("tuple");
        expected.add(new Expected("tuple", "ExclusiveLock", "t", blockers(watcher, waiter.pid())));
        one.run("rollback");
        two.run("rollback");
        waiter.run("rollback");
        three.run("rollback");
      }
      List<LockTarget> locks =
          waits(traced.batches()).stream()
              .filter(w -> w.itself().getTarget() instanceof LockTarget)
              .map(w -> (LockTarget) w.itself().getTarget())
              .toList();
      for (Expected e : expected) {
        assertThat(locks)
            .as("%s in %s", e, locks)
            .anyMatch(
                l ->
                    l.getLockType().equals(e.type())
                        && l.getModeName().equals(e.mode())
                        && l.getRelation().equals(e.relation())
                        && Set.copyOf(l.getHolders()).equals(e.holders())
                        && !l.getHoldersCut());
      }
      assertThat(expected.stream().map(Expected::type))
          .containsExactly("relation", "advisory", "transactionid", "tuple");
      assertThat(expected.get(1).holders()).hasSize(3);
    }
  }
}
