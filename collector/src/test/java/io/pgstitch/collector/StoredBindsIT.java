package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import io.pgstitch.schema.BindsBound;
import io.pgstitch.testkit.PostgresInstallations;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Binds of CALL, and values that TOAST compressed or took out of their row. */
final class StoredBindsIT {
  private static final String COMPRESSED = "abcdefghij".repeat(900);
  private static final int LONG = 32 * 320;

  @TempDir Path dir;

  private static void prepare(Statement s) throws SQLException {
    s.execute("create table c (id int, v text)");
    s.execute("insert into c values (1, repeat('abcdefghij', 900))");
    s.execute(
        "insert into c select 2, string_agg(md5(n::text), '') from generate_series(1, 320) n");
    s.execute(
        "create function g(wanted int) returns bigint language plpgsql as $$ declare x text;"
            + " n bigint; begin select v into x from c where id = wanted;"
            + " select count(*) into n from c where v = x; return n; end $$");
    s.execute("create procedure q(a int, b text) language plpgsql as $$ begin null; end $$");
    s.execute(
        "create procedure p(a int, b text) language plpgsql as"
            + " $$ begin call q(a + 1, b || '!'); call q(a, b); end $$");
  }

  private static boolean hasLz4(Statement s) throws SQLException {
    try (ResultSet row =
        s.executeQuery(
            "select count(*) from pg_settings where name = 'default_toast_compression'"
                + " and 'lz4' = any (enumvals)")) {
      row.next();
      return row.getInt(1) == 1;
    }
  }

  private static List<Bind> valuesOfX(List<BindsBound> all) {
    return all.stream()
        .flatMap(b -> b.getBinds().stream())
        .filter(b -> b.getTypeName().equals("text"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void areReadOrSaidToBeWhatTheyAre(int major) throws SQLException {
    try (TracedServer traced =
        new TracedServer(dir, PostgresInstallations.ofMajor(major), b -> b)) {
      traced.set("level", "4");
      int stored;
      try (Connection c = DriverManager.getConnection(traced.server().jdbcUrl("postgres"));
          Statement s = c.createStatement()) {
        prepare(s);
        if (hasLz4(s)) {
          s.execute("alter table c alter v set compression lz4");
          s.execute("insert into c values (3, repeat('abcdefghij', 900))");
        }
        stored = hasLz4(s) ? 3 : 2;
        traced.collect();
        for (int id = 1; id <= stored; id++) {
          s.execute("select g(" + id + ")");
        }
        try (PreparedStatement p = c.prepareStatement("call p(?, ?)")) {
          p.setInt(1, 41);
          p.setString(2, "it's");
          p.execute();
        }
      }
      List<BindsBound> all =
          traced.batches().stream()
              .flatMap(b -> b.getEvents().stream())
              .filter(BindsBound.class::isInstance)
              .map(BindsBound.class::cast)
              .toList();
      List<BindsBound> calls = all.stream().filter(b -> b.getObject() == 0).toList();
      List<Bind> stores = valuesOfX(all.stream().filter(b -> b.getObject() != 0).toList());
      assertThat(stores).hasSize(stored);
      for (int id = 1; id <= stored; id++) {
        Bind x = stores.get(id - 1);
        if (id == 2) {
          assertThat(x.getForm()).isEqualTo(BindForm.NONE);
          assertThat(x.getReason()).isEqualTo("toasted");
          assertThat(x.getLength()).isEqualTo(LONG);
        } else {
          assertThat(x.getForm()).as(x.toString()).isEqualTo(BindForm.TEXT);
          assertThat(x.getLength()).isEqualTo(COMPRESSED.length());
          assertThat(x.getCut()).isTrue();
          assertThat(x.getValue()).isEqualTo(COMPRESSED.substring(0, 4096));
        }
      }
      assertThat(calls).hasSize(3);
      assertThat(calls.get(0).getTotal()).isEqualTo(2);
      assertThat(calls.get(0).getBinds()).extracting(Bind::getValue).containsExactly("41", "it's");
      assertThat(calls.subList(1, 3))
          .allMatch(b -> b.getBinds().stream().map(Bind::getValue).toList().contains("it's"));
    }
  }
}
