package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Wait;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wait events that extensions register have the names that the server shows. */
class CustomWaitsIT {
  private static final String EXTENSION = "Extension";

  @TempDir private Path dir;

  @ParameterizedTest
  @Timeout(60)
  @ValueSource(ints = {17, 18})
  void aForeignTablesWaitsAreNamedAsInPgStatActivity(int major) {
    try (TracedServer traced = new TracedServer(dir, major)) {
      traced.server().client().sql("create view slow as select 1 as n from pg_sleep(0.7)");
      traced.server().client().sql("create extension postgres_fdw");
      traced
          .server()
          .client()
          .sql(
              "create server myself foreign data wrapper postgres_fdw options (host '127.0.0.1',"
                  + " port '"
                  + traced.server().port()
                  + "', dbname 'postgres')");
      traced.server().client().sql("create user mapping for current_user server myself");
      traced
          .server()
          .client()
          .sql(
              "create foreign table far (n int) server myself options (schema_name 'public',"
                  + " table_name 'slow')");
      traced.collect();

      Set<String> shown = new TreeSet<>();
      long pid;
      try (PsqlSession session = new PsqlSession(traced.server());
          PsqlSession watcher = new PsqlSession(traced.server())) {
        pid = session.pid();
        session.send("select n from far");
        while (shown.isEmpty()) {
          shown.addAll(shown(watcher, pid));
        }
        // Until the query is done.
        session.run("select 1");
      }

      List<String> waits = extensionWaits(traced.batches(), pid);
      assertThat(shown).hasSize(1);
      assertThat(waits).containsAll(shown).allMatch(name -> name.startsWith("PostgresFdw"));
    }
  }

  private static List<String> shown(PsqlSession watcher, long pid) {
    return watcher
        .ask(
            "select wait_event from pg_stat_activity where wait_event_type = 'Extension' and pid = "
                + pid)
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  private static List<String> extensionWaits(List<RawEventBatch> batches, long pid) {
    return batches.stream()
        .filter(b -> b.getBackend().getPid() == pid)
        .flatMap(
            b ->
                b.getEvents().stream()
                    .filter(Wait.class::isInstance)
                    .map(Wait.class::cast)
                    .filter(w -> b.getStrings().get(w.getEventClass()).equals(EXTENSION))
                    .map(w -> b.getStrings().get(w.getEvent())))
        .toList();
  }
}
