package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.ErrorReported;
import io.pgstitch.schema.ErrorThrown;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.testkit.CommandFailedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Errors are those that the client gets, word for word. */
final class ErrorsIT {
  @TempDir Path dir;

  private static <E> Stream<E> events(List<RawEventBatch> batches, Class<E> type) {
    return batches.stream()
        .flatMap(b -> b.getEvents().stream())
        .filter(type::isInstance)
        .map(type::cast);
  }

  private static List<String> errors(List<RawEventBatch> batches) {
    return events(batches, ErrorReported.class)
        .map(e -> e.getSqlstate() + " " + e.getMessage())
        .toList();
  }

  private static void psql(TracedServer traced, String... statements) {
    String[] arguments = new String[2 + 2 * statements.length];
    arguments[0] = "-v";
    arguments[1] = "ON_ERROR_STOP=0";
    for (int i = 0; i < statements.length; i++) {
      arguments[2 + 2 * i] = "-c";
      arguments[3 + 2 * i] = statements[i];
    }
    traced.server().client().psql(arguments);
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void haveTheMessageThatTheClientGets(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.collect();
      psql(
          traced,
          "do $$ begin raise notice 'harmless'; raise warning 'no error'; end $$",
          "select 1/0",
          "selec",
          "select * from \"no\ntable\"",
          "do $$ begin raise exception 'Größe % zu klein', 7 using errcode = 'P0042'; end $$",
          "do $$ begin raise exception using message = repeat('x', 5000); end $$",
          // The saved error is thrown again after another one.
          "do $$ begin begin perform 1/0; exception when division_by_zero then"
              + " begin perform 'a'::int; exception when others then null; end; raise; end; end $$",
          "select 1");
      List<RawEventBatch> batches = traced.batches();
      List<ErrorReported> errors = events(batches, ErrorReported.class).toList();
      assertThat(errors(batches).subList(0, 4))
          .containsExactly(
              "22012 division by zero",
              "42601 syntax error at or near \"selec\"",
              "42P01 relation \"no\ntable\" does not exist",
              "P0042 Größe 7 zu klein");
      assertThat(errors).hasSize(6);
      assertThat(errors.get(4).getMessage()).isEqualTo("x".repeat(4095));
      assertThat(errors.get(4).getMessageCut()).isTrue();
      assertThat(errors.get(5).getSqlstate()).isEqualTo("22012");
      assertThat(errors.get(5).getMessage()).isEqualTo("division by zero");
      assertThat(errors).noneMatch(ErrorReported::getFatal);
      assertThat(errors.subList(0, 4)).noneMatch(ErrorReported::getMessageCut);
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void haveTheDetailAndTheHintThatTheClientPrints(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.server().client().sql("create table t (a int primary key); insert into t values (7)");
      traced.collect();
      Map<String, String> printed = new TreeMap<>();
      Map.of(
              "23505", "insert into t values (7)",
              "42883", "select nothing(1)",
              "P0042",
                  "do $$ begin raise 'a' using errcode = 'P0042', detail = 'Größe', hint = 'b'; end $$",
              "P0043",
                  "do $$ begin raise 'a' using errcode = 'P0043', detail = repeat('x', 3000); end $$",
              "22012", "select 1/0")
          .forEach(
              (sqlstate, sql) ->
                  printed.put(
                      sqlstate,
                      assertThrows(
                              CommandFailedException.class, () -> traced.server().client().sql(sql))
                          .standardError()));
      List<ErrorReported> errors = events(traced.batches(), ErrorReported.class).toList();
      assertThat(errors.stream().map(e -> e.getSqlstate() + " " + e.getDetail()))
          .containsExactlyInAnyOrder(
              "23505 Key (a)=(7) already exists.",
              "42883 ",
              "P0042 Größe",
              "P0043 " + "x".repeat(1023),
              "22012 ");
      for (ErrorReported error : errors) {
        String said = printed.get(error.getSqlstate());
        assertThat(said).contains(error.getDetail()).contains(error.getHint());
        assertThat(error.getDetail().isEmpty()).isEqualTo(!said.contains("DETAIL:"));
        assertThat(error.getHint().isEmpty()).isEqualTo(!said.contains("HINT:"));
        assertThat(error.getMessageCut()).isEqualTo(error.getSqlstate().equals("P0043"));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void thatAreCaughtAreThrownAndNotReported(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.collect();
      psql(
          traced,
          "do $$ begin begin perform 1/0; exception when others then null; end;"
              + " begin perform 'a'::int; exception when others then null; end; end $$",
          "do $$ begin raise notice 'harmless'; end $$");
      List<RawEventBatch> batches = traced.batches();
      assertThat(events(batches, ErrorReported.class)).isEmpty();
      assertThat(events(batches, ErrorThrown.class).map(ErrorThrown::getSqlstate))
          .containsExactly("22012", "22P02");
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void ofAParallelWorkerKeepTheirCode(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.server().client().sql("create table t as select 0 as a");
      traced.collect();
      psql(
          traced,
          "set " + (major >= 16 ? "debug_parallel_query" : "force_parallel_mode") + " = on",
          "select 1 / a from t",
          "select 1");
      assertThat(errors(traced.batches())).isNotEmpty().containsOnly("22012 division by zero");
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void thatEndSessionsSayWhy(int major) throws Exception {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.collect();
      try (PsqlSession watcher = new PsqlSession(traced.server());
          PsqlSession cancelled = new PsqlSession(traced.server());
          PsqlSession late = new PsqlSession(traced.server());
          PsqlSession idle = new PsqlSession(traced.server());
          PsqlSession terminated = new PsqlSession(traced.server());
          PsqlSession crashed = new PsqlSession(traced.server());
          PsqlSession killed = new PsqlSession(traced.server())) {
        cancelled.send("select pg_sleep(60)");
        awaitSleep(watcher, cancelled);
        watcher.ask("select pg_cancel_backend(" + cancelled.pid() + ")");
        late.ask("set statement_timeout = '100ms'; select pg_sleep(60)");
        idle.ask("set idle_in_transaction_session_timeout = '100ms'; begin");
        terminated.send("select pg_sleep(60)");
        awaitSleep(watcher, terminated);
        watcher.ask("select pg_terminate_backend(" + terminated.pid() + ")");
        crashed.send("select pg_sleep(60)");
        killed.send("select pg_sleep(60)");
        awaitSleep(watcher, crashed);
        awaitSleep(watcher, killed);
        TimeUnit.MILLISECONDS.sleep(300);
        new ProcessBuilder("kill", "-9", String.valueOf(killed.pid())).start().waitFor();
        TimeUnit.MILLISECONDS.sleep(1500);
        List<RawEventBatch> batches = traced.batches();
        // The crash of one ends all that are left.
        assertThat(errorsOf(batches, cancelled)).containsExactly("57014 false", "57P02 true");
        assertThat(errorsOf(batches, late)).containsExactly("57014 false", "57P02 true");
        assertThat(errorsOf(batches, idle)).containsExactly("25P03 true");
        assertThat(errorsOf(batches, terminated)).containsExactly("57P01 true");
        assertThat(errorsOf(batches, crashed)).containsExactly("57P02 true");
        assertThat(errorsOf(batches, killed)).isEmpty();
        assertThat(events(of(batches, killed), BackendEnd.class).map(BackendEnd::getSignal))
            .containsExactly(9);
        for (PsqlSession session : List.of(idle, terminated, crashed)) {
          assertThat(events(of(batches, session), BackendEnd.class)).hasSize(1);
        }
        assertThat(errors(batches))
            .contains(
                "57014 canceling statement due to user request",
                "57014 canceling statement due to statement timeout",
                "25P03 terminating connection due to idle-in-transaction timeout",
                "57P01 terminating connection due to administrator command",
                "57P02 terminating connection because of crash of another server process");
      }
    }
  }

  private static void awaitSleep(PsqlSession watcher, PsqlSession session) {
    while (!watcher
        .ask("select wait_event from pg_stat_activity where pid = " + session.pid())
        .equals("PgSleep")) {
      Thread.onSpinWait();
    }
  }

  private static List<RawEventBatch> of(List<RawEventBatch> batches, PsqlSession session) {
    return batches.stream().filter(b -> b.getBackend().getPid() == session.pid()).toList();
  }

  private static List<String> errorsOf(List<RawEventBatch> batches, PsqlSession session) {
    return events(of(batches, session), ErrorReported.class)
        .map(e -> e.getSqlstate() + " " + e.getFatal())
        .toList();
  }
}
