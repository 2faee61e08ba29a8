package io.pgstitch.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import io.pgstitch.schema.BindsBound;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bind values are what the server itself prints, on all majors and by all ways to bind. */
final class BindsIT {
  private static final long SEED = 20_260_105;

  @TempDir Path dir;

  /** A data type and an expression that makes a value of it. */
  private record Value(String type, String expression) {}

  private static List<Value> values(int major) {
    List<Value> v = new ArrayList<>();
    add(v, "int2", "-32768", "32767", "0");
    add(v, "int4", "'-2147483648'", "2147483647", "-1");
    add(v, "int8", "'-9223372036854775808'", "9223372036854775807", "0");
    add(v, "oid", "'4294967295'", "0");
    add(v, "bool", "true", "false");
    add(v, "float4", "'NaN'", "'-0'", "'Infinity'", "'-Infinity'", "'3.4028235e38'", "'1e-45'");
    add(v, "float4", "'123456'", "'1234567'", "'0.0001'", "'0.00001'", "'1.1'", "'16777216'");
    add(v, "float8", "'NaN'", "'-0'", "'Infinity'", "'1.7976931348623157e308'", "'5e-324'");
    add(v, "float8", "'1e14'", "'1e15'", "'1e23'", "'0.1'", "'123456789012345.6'", "'1e-5'");
    add(v, "float8", "'2.2250738585072014e-308'", "'9007199254740993'", "'4.35'", "'-1e-7'");
    add(v, "numeric", "'NaN'", "'0'", "'0.000'", "'-0.0000000001'", "'1e-20'", "'10000'");
    add(v, "numeric", "'123456789012345678901234567890.123456789'", "'1e1000'", "'99999999.9999'");
    add(v, "numeric", "repeat('9', 3000)::numeric / 7", "'1e-100'", "'-12345.6700'");
    if (major >= 14) {
      add(v, "numeric", "'Infinity'", "'-Infinity'");
    }
    add(v, "text", "''", "'NULL'", "'a''b\"c'", "E'line\\nend\\ttab\\r\\\\'", "E'\\x01\\x1f'");
    add(v, "text", "'é€😀'", "repeat('ab', 2000)", "' '", "repeat('z', 126)", "repeat('z', 127)");
    add(v, "varchar(5)", "'abc'");
    add(v, "char(5)", "'abc'");
    add(v, "\"char\"", "'x'", "''");
    add(v, "name", "'pg_catalog'", "repeat('n', 63)");
    add(v, "bytea", "'\\x'", "'\\xdeadbeef00ff'");
    add(v, "date", "'infinity'", "'-infinity'", "'0001-01-01'", "'0044-03-15 BC'", "'2000-02-29'");
    add(v, "date", "'5874897-12-31'", "'4713-01-01 BC'", "'1999-12-31'");
    add(v, "time", "'00:00'", "'24:00'", "'23:59:59.999999'", "'12:30:00.5'");
    add(v, "timetz", "'12:00:00.25+05:30'", "'24:00:00-15:59:59'", "'00:00+00'");
    add(v, "timestamp", "'infinity'", "'-infinity'", "'294276-12-31 23:59:59.999999'");
    add(v, "timestamp", "'4714-11-24 00:00:00 BC'", "'1999-12-31 23:59:59.000001'", "'epoch'");
    add(v, "timestamptz", "'infinity'", "'2024-02-29 12:34:56.789+02'", "'0001-01-01 BC'");
    add(v, "interval", "'0'", "'1 day'", "'-1 day +02:03:04.005'", "'1 year -2 mons +3 days'");
    add(v, "interval", "'-178000000 years'", "'1 mon -1 sec'", "'-0.000001 sec'", "'26 hours'");
    add(v, "interval", "'-1 mon -2 days -03:04:05'", "'-14 mons 15 days 00:00:01'");
    add(v, "interval", "'1 year 1 mon 1 day 1 hour'");
    if (major >= 15) {
      add(v, "interval", "'2562047788:00:54.775807'");
      add(v, "interval", "'178956970 years 7 mons 2147483647 days 2562047788:00:54.775806'");
    }
    if (major >= 17) {
      add(v, "interval", "'infinity'", "'-infinity'");
    }
    add(v, "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'");
    add(v, "json", "'{\"a\" : [1,  null]}'");
    add(
        v,
        "jsonb",
        "'{\"b\": [1, 2.50, null, true, false, {}], \"a\": {\"x\": \"q\\\"\\n\\u0001é\"}}'");
    add(
        v,
        "jsonb",
        "'\"scalar\"'",
        "'-1.5e10'",
        "'null'",
        "'[]'",
        "'{}'",
        "'[[[[1]]]]'",
        "'[\"\"]'");
    add(v, "jsonb", "long_list()");
    add(v, "jsonb", "long_object()");
    add(v, "inet", "'192.168.0.1'", "'10.0.0.0/8'", "'::1'", "'2001:db8::1:0:0:1/64'", "'::'");
    add(v, "inet", "'::ffff:1.2.3.4'", "'1:0:0:2:0:0:0:3'", "'::1.2.3.4'", "'1::'");
    add(v, "cidr", "'192.168.0.0/24'", "'2001:db8::/32'", "'1.2.3.4'");
    add(v, "macaddr", "'08:00:2b:01:02:03'");
    add(v, "macaddr8", "'08:00:2b:01:02:03:04:05'");
    add(v, "bit(11)", "'10110011101'");
    add(v, "varbit", "''", "'1'");
    add(v, "xid", "'4294967295'");
    add(v, "tid", "'(65536,7)'");
    add(v, "pg_lsn", "'16/B374D848'");
    add(v, "int4[]", "'{}'", "'{1,NULL,-3}'", "'{{1,2},{3,4}}'", "'[0:1]={7,8}'");
    add(v, "int4[]", "'[-1:0][2:3]={{1,NULL},{3,4}}'");
    add(v, "int2[]", "'{1,2,3}'");
    add(v, "int8[]", "'{9223372036854775807,NULL}'");
    add(v, "bool[]", "'{t,f,NULL}'");
    add(
        v,
        "text[]",
        "array['a', '', 'NULL', null, 'null', 'x y', 'q\"q', E'b\\\\s', '{', '}', ',']");
    add(
        v,
        "text[]",
        "array[repeat('l', 200), 's', repeat('m', 300)]",
        "array[E'\\n', 'é', E'\\x0b']");
    add(v, "numeric[]", "'{1.5,NaN,NULL,-0.001}'");
    add(v, "timestamptz[]", "'{2024-01-01 00:00:00+00,NULL,infinity}'");
    add(v, "interval[]", "'{1 day,-02:00:00}'");
    add(v, "uuid[]", "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'");
    add(v, "jsonb[]", "array['{\"a\": 1}'::jsonb, null]");
    add(v, "bytea[]", "array['\\x00ff'::bytea, '\\x']");
    add(v, "inet[]", "'{1.2.3.4,::1}'");
    add(v, "timetz[]", "'{12:00:00+01,13:00:00-02}'");
    add(v, "name[]", "'{a,b}'");
    fuzz(v);
    return v;
  }

  /** EXECUTE takes no subqueries. */
  private static final String FUNCTIONS =
      """
      create function long_list() returns jsonb language sql as
        $$ select jsonb_agg(g || 'x') from generate_series(1, 150) g $$;
      create function long_object() returns jsonb language sql as
        $$ select jsonb_object_agg('k' || g, g * 1.5) from generate_series(1, 90) g $$;
      create function many_timestamps() returns timestamp[] language sql as
        $$ select array_agg('4714-11-24 BC'::timestamp + i * interval '2743484 hours 7 min 0.123457 sec')
           from generate_series(1, 400) i $$;
      create function many_addresses() returns inet[] language sql as
        $$ select array_agg('::'::inet + (i::bigint * i * i * i)) from generate_series(1, 100) i $$;
      """;

  private static void fuzz(List<Value> v) {
    Random random = new Random(SEED);
    add(v, "float8[]", array(450, () -> text(Double.longBitsToDouble(random.nextLong()))));
    add(v, "float8[]", array(450, () -> text(random.nextInt() / 1000.0)));
    add(v, "float8[]", array(450, () -> text(Math.pow(2, random.nextInt(2000) - 1000))));
    add(v, "float4[]", array(900, () -> text(Float.intBitsToFloat(random.nextInt()))));
    add(v, "float4[]", array(250, () -> text((float) Math.pow(2, random.nextInt(250) - 125))));
    add(
        v,
        "numeric[]",
        array(
            150, () -> BigDecimal.valueOf(random.nextLong(), random.nextInt(30)).toPlainString()));
    add(v, "timestamp[]", "many_timestamps()");
    add(
        v,
        "interval[]",
        array(
            200,
            () ->
                random.nextInt(100)
                    - 50
                    + " mons "
                    + (random.nextInt(100) - 50)
                    + " days "
                    + random.nextInt()
                    + " us"));
    add(v, "inet[]", "many_addresses()");
  }

  private static String text(double d) {
    return Double.toString(d);
  }

  private static String text(float f) {
    return Float.toString(f);
  }

  private static String array(int count, java.util.function.Supplier<String> element) {
    return IntStream.range(0, count)
        .mapToObj(i -> element.get())
        .collect(Collectors.joining(",", "'{", "}'"));
  }

  private static void add(List<Value> values, String type, String... expressions) {
    for (String e : expressions) {
      values.add(new Value(type, "(" + e + ")::" + type));
    }
  }

  private TracedServer traced(int major) {
    TracedServer traced =
        new TracedServer(
            dir,
            PostgresInstallations.ofMajor(major),
            b -> b.setting("timezone", "UTC").setting("datestyle", "ISO"));
    traced.set("level", "4");
    return traced;
  }

  private static List<BindsBound> binds(List<RawEventBatch> batches, String application) {
    return batches.stream()
        .filter(b -> b.getBackend().getApplicationName().equals(application))
        .flatMap(b -> b.getEvents().stream())
        .filter(BindsBound.class::isInstance)
        .map(BindsBound.class::cast)
        .toList();
  }

  private static Bind only(BindsBound bound) {
    assertThat(bound.getTotal()).isEqualTo(1);
    assertThat(bound.getBinds()).hasSize(1);
    return bound.getBinds().get(0);
  }

  private static void isPrinted(Bind bind, Value value, String expected) {
    assertThat(bind.getValue())
        .as("%s as %s, %s", value, bind.getTypeName(), bind.getReason())
        .isEqualTo(expected);
    assertThat(bind.getForm()).isEqualTo(BindForm.TEXT);
    assertThat(bind.getCut()).isFalse();
    assertThat(bind.getIsNull()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18})
  void areWhatTheServerPrints(int major) throws IOException, SQLException {
    List<Value> values = values(major);
    try (TracedServer traced = traced(major)) {
      traced.server().client().sql(FUNCTIONS);
      traced.collect();
      List<String> printed = executed(traced.server(), values);
      assertThat(printed).hasSameSizeAs(values);
      inPlpgsql(traced.server(), values);
      byJdbc(traced.server(), values, printed);
      List<RawEventBatch> batches = traced.batches();
      assertThat(batches).allMatch(b -> b.getLostBefore() == 0);
      for (String way : List.of("execute", "plpgsql", "jdbc")) {
        List<BindsBound> seen = binds(batches, way);
        assertThat(seen).as(way).hasSameSizeAs(values);
        for (int i = 0; i < values.size(); i++) {
          isPrinted(only(seen.get(i)), values.get(i), printed.get(i));
        }
      }
    }
  }

  /** {@code EXECUTE} by psql; what the output functions of the server print. */
  private List<String> executed(ThrowawayPostgres server, List<Value> values) throws IOException {
    StringBuilder script = new StringBuilder("set application_name = 'execute';\n");
    for (Value v : values) {
      script.append("prepare p(").append(v.type).append(") as select 'printed:' ||");
      script.append(" encode(convert_to(format('%s', $1), 'UTF8'), 'hex');\n");
      script.append("execute p(").append(v.expression).append(");\ndeallocate p;\n");
    }
    Path file = Files.writeString(dir.resolve("execute.sql"), script);
    return psql(server, "execute", file)
        .lines()
        .filter(line -> line.startsWith("printed:"))
        .map(line -> new String(HexFormat.of().parseHex(line.substring(8)), UTF_8))
        .toList();
  }

  private static String psql(ThrowawayPostgres server, String application, Path file) {
    return server
        .client()
        .psql(
            "-q",
            "-A",
            "-t",
            "-d",
            "application_name=" + application + " dbname=postgres",
            "-f",
            file.toString());
  }

  private void inPlpgsql(ThrowawayPostgres server, List<Value> values) throws IOException {
    StringBuilder script = new StringBuilder();
    for (Value v : values) {
      script.append("do $do$ declare before int := 7; v ").append(v.type);
      script.append(" := ").append(v.expression).append("; begin\n");
      script.append("  perform format('%s', v); end $do$;\n");
    }
    psql(server, "plpgsql", Files.writeString(dir.resolve("plpgsql.sql"), script));
  }

  private static void byJdbc(ThrowawayPostgres server, List<Value> values, List<String> printed)
      throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(
            server.jdbcUrl("postgres") + "&assumeMinServerVersion=13&ApplicationName=jdbc")) {
      for (int i = 0; i < values.size(); i++) {
        try (PreparedStatement statement =
            connection.prepareStatement("select format('%s', ?::" + values.get(i).type + ")")) {
          statement.setObject(1, printed.get(i), Types.OTHER);
          try (ResultSet result = statement.executeQuery()) {
            assertThat(result.next()).isTrue();
          }
        }
      }
    }
  }

  /** What was bound in a session, one list for each first run of an executor. */
  private static List<List<String>> boundBy(List<RawEventBatch> batches, String application) {
    return binds(batches, application).stream()
        .map(b -> b.getBinds().stream().map(BindsIT::brief).toList())
        .toList();
  }

  private static String brief(Bind b) {
    String value = b.getReason().isEmpty() ? "'" + b.getValue() + "'" : b.getReason();
    return "$" + b.getPosition() + " " + b.getTypeName() + " " + (b.getIsNull() ? "null" : value);
  }

  private static final String NESTED =
      """
      create table parent (id int primary key);
      create table child (id int references parent, note text);
      create table log (what text, id int, note text);
      create function logged() returns trigger language plpgsql as $$ begin
        insert into log values ('x', new.id, new.note); return new; end $$;
      create trigger t after insert on child for each row execute function logged();
      create function f(a int, b text) returns int language plpgsql as $$
        declare n int; unused text := 'no'; arr int[] := '{3,4}';
          c cursor (x int) for select x + a;
        begin
          select count(*) into n from parent where id = a;
          perform count(*) from parent where id = any (arr);
          execute 'select $1 || $2' using b, null::text;
          for n in select id from parent where id >= a loop null; end loop;
          open c(7); fetch c into n; fetch c into n; close c;
          return n; end $$;
      create function s(a int, b text) returns bigint language sql as
        $$ select count(*) from parent, log where parent.id = $1 and note = $2 $$;
      """;

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void ofFunctionsAreThoseThatAStatementUses(int major) throws IOException {
    try (TracedServer traced = traced(major)) {
      traced.server().client().sql(NESTED);
      traced.collect();
      String script =
          """
          insert into parent values (1);
          insert into child values (1, null);
          select f(1, 'NULL');
          select s(2, 'two') from generate_series(1, 1);
          """;
      psql(traced.server(), "functions", Files.writeString(dir.resolve("nested.sql"), script));
      List<List<String>> bound = boundBy(traced.batches(), "functions");
      assertThat(bound).as(bound.toString()).hasSize(8);
      // The foreign key's own query; the trigger's, whose record's fields nobody looked at before.
      List<String> foreignKey = List.of("$1 int4 '1'");
      List<String> trigger = bound.get(0).equals(foreignKey) ? bound.get(1) : bound.get(0);
      assertThat(bound.subList(0, 2)).contains(foreignKey);
      assertThat(trigger).hasSize(2).allMatch(b -> b.matches(".* (int4 '1'|text null| not held)"));
      assertThat(bound.get(2)).containsExactly("$1 int4 '1'");
      assertThat(bound.get(3)).hasSize(1).allMatch(b -> b.endsWith(" _int4 '{3,4}'"));
      assertThat(bound.get(4)).containsExactly("$1 text 'NULL'", "$2 text null");
      assertThat(bound.get(5)).containsExactly("$1 int4 '1'");
      assertThat(bound.get(6)).hasSize(2).contains("$1 int4 '1'");
      assertThat(bound.get(6).get(1)).endsWith(" int4 '7'");
      assertThat(bound.get(7)).containsExactly("$1 int4 '2'", "$2 text 'two'");
    }
  }

  /** Sets the parameters of a statement. */
  private interface Setter {
    void set(PreparedStatement statement) throws SQLException;
  }

  private static void run(Connection connection, String sql, Setter setter) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      setter.set(statement);
      statement.execute();
    }
  }

  private static Connection connect(TracedServer traced, String application) throws SQLException {
    return DriverManager.getConnection(
        traced.server().jdbcUrl("postgres")
            + "&assumeMinServerVersion=13&ApplicationName="
            + application);
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void thatAreManyLongOrUnknownSaySo(int major) throws SQLException {
    try (TracedServer traced = traced(major)) {
      traced
          .server()
          .client()
          .sql("create type mood as enum ('sad', 'ok'); create type pair as (a int, b text)");
      traced.set("bind.bytes", "1000");
      traced.collect();
      try (Connection c = connect(traced, "many")) {
        run(
            c,
            "select ?::int4" + ", ?::int4".repeat(98),
            s -> {
              for (int i = 1; i <= 99; i++) {
                s.setInt(i, i);
              }
            });
        run(
            c,
            "select ?::text, ?::bytea, ?::int4[]",
            s -> {
              s.setString(1, "é".repeat(524_288));
              s.setBytes(2, new byte[2000]);
              s.setObject(3, "{" + "1,".repeat(999) + "1}", Types.OTHER);
            });
        run(
            c,
            "select ?::mood, ?::pair, ?::int4range, ?::money",
            s -> {
              s.setObject(1, "ok", Types.OTHER);
              s.setObject(2, "(1,x)", Types.OTHER);
              s.setObject(3, "[1,5)", Types.OTHER);
              s.setObject(4, "1.00", Types.OTHER);
            });
      }
      List<BindsBound> seen = binds(traced.batches(), "many");
      assertThat(seen.get(0).getTotal()).isEqualTo(99);
      assertThat(seen.get(0).getBinds().stream().map(Bind::getValue))
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, 64).mapToObj(String::valueOf).toList());
      List<Bind> cut = seen.get(1).getBinds();
      assertThat(cut).allMatch(Bind::getCut);
      assertThat(cut.get(0).getValue()).isEqualTo("é".repeat(500));
      assertThat(cut.get(0).getLength()).isEqualTo(1_048_576);
      assertThat(cut.get(1).getValue()).isEqualTo("\\x" + "00".repeat(1000));
      assertThat(cut.get(1).getLength()).isEqualTo(2000);
      assertThat(cut.get(2).getForm()).isEqualTo(BindForm.HEX);
      assertThat(cut.get(2).getReason()).isEqualTo("cut");
      assertThat(cut.get(2).getLength()).isEqualTo(4 + 4 + 4 + 8 + 4000);
      List<Bind> odd = seen.get(2).getBinds();
      assertThat(odd).allMatch(b -> b.getForm() == BindForm.HEX);
      assertThat(odd.stream().map(Bind::getReason))
          .containsExactly("unknown type", "unknown type", "no decoder", "no decoder");
      assertThat(odd.get(0).getTypeOid()).isGreaterThanOrEqualTo(16_384);
      assertThat(odd.get(3).getValue()).isEqualTo("\\x6400000000000000");
    }
  }

  @ParameterizedTest
  @MethodSource("io.pgstitch.testkit.Majors#sampled")
  void comeOnceForEachExecutionInBinaryAndWithFetches(int major) throws SQLException {
    UUID uuid = UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    try (TracedServer traced = traced(major)) {
      traced.collect();
      try (Connection c = connect(traced, "binary&prepareThreshold=-1")) {
        for (int i = 0; i < 8; i++) {
          int n = i;
          run(
              c,
              "select ?::int8, ?::float8, ?::uuid, ?::bytea, ?::int4[]",
              s -> {
                s.setLong(1, Long.MIN_VALUE + n);
                s.setDouble(2, 0.25 * n);
                s.setObject(3, uuid);
                s.setBytes(4, new byte[] {(byte) n});
                s.setArray(5, c.createArrayOf("int4", new Integer[] {n, null}));
              });
        }
        c.setAutoCommit(false);
        try (PreparedStatement s = c.prepareStatement("select g from generate_series(1, ?) g")) {
          s.setFetchSize(10);
          s.setInt(1, 35);
          try (ResultSet rows = s.executeQuery()) {
            while (rows.next()) {
              assertThat(rows.getInt(1)).isPositive();
            }
          }
        }
        run(
            c,
            "select ?::int4, ?::text",
            s -> {
              s.setNull(1, Types.INTEGER);
              s.setString(2, "NULL");
            });
        c.commit();
      }
      List<List<String>> bound = boundBy(traced.batches(), "binary");
      assertThat(bound).hasSize(10);
      for (int i = 0; i < 8; i++) {
        assertThat(bound.get(i))
            .containsExactly(
                "$1 int8 '" + (Long.MIN_VALUE + i) + "'",
                "$2 float8 '"
                    + BigDecimal.valueOf(25L * i, 2).stripTrailingZeros().toPlainString()
                    + "'",
                "$3 uuid '" + uuid + "'",
                "$4 bytea '\\x0" + i + "'",
                "$5 _int4 '{" + i + ",NULL}'");
      }
      assertThat(bound.get(8)).containsExactly("$1 int4 '35'");
      assertThat(bound.get(9)).containsExactly("$1 int4 null", "$2 varchar 'NULL'");
    }
  }

  @Test
  void stayOnTheHostUnlessTheLevelAsksForThem() throws SQLException {
    try (TracedServer traced = traced(15)) {
      traced.set("level", "25");
      traced.collect();
      try (Connection c = connect(traced, "quiet")) {
        run(c, "select ?::text", s -> s.setString(1, "a-secret-value"));
      }
      List<RawEventBatch> batches = traced.batches();
      assertThat(batches).isNotEmpty();
      assertThat(batches.toString()).contains("::text").doesNotContain("a-secret-value");
    }
  }
}
