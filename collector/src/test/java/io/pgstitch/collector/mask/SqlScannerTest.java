package io.pgstitch.collector.mask;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Literals are found where the server's scanner finds them; what it would not read is replaced. */
class SqlScannerTest {
  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private static String masked(String sql) {
    return new String(SqlScanner.mask(sql.getBytes(UTF_8)).bytes(), UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          select 'a'                                  | select ?
          select 'it''s', 'b'                         | select ?, ?
          select ''                                   | select ?
          select E'it\\'s', e'\\\\', 'b'              | select ?, ?, ?
          select 'a\\\\', 'b'                         | select ?, ?
          select name'x'                              | select name?
          select U&'d\\0061t', u&"d\\0061t", 1        | select ?, u&"d\\0061t", ?
          select B'101', x'1F', N'n'                  | select ?, ?, N?
          select $$a'b$$, $q$ $$ $x$ $q$, $é$a$é$     | select ?, ?, ?
          select $1, $2+3, a$1, a$b$c                 | select $1, $2+?, a$1, a$b$c
          select $1$$secret$$                         | select $1?
          select 1, 1.5, .5, 5., 1e5, 1.5e-3, 1E+3    | select ?, ?, ?, ?, ?, ?, ?
          select 1_000, 0x1F, 0o17, 0b11, 1_0.0_1e1_0 | select ?, ?, ?, ?, ?
          select 1+2-3, -4, t1.c2, a1                 | select ?+?-?, -?, t1.c2, a1
          select 1e+x, 1..10, a[2:3]                  | select ?+x, ?..?, a[?:?]
          select 0xE+5                                | select ?+?
          select "it's 1", "a""b 2" from "T 3"        | select "it's 1", "a""b 2" from "T 3"
          select 1 --secret                           | select ? --?
          select/*s /* 'x */ 1 */2                    | select/*?*/?
          select 1+/*a*/-- b                          | select ?+/*?*/--?
          select 'a' 'b'                              | select ? ?
          select x '5'                                | select x ?
          do $$ begin perform 'x'; end $$ language p  | do ? language p
          insert into t values (1, 'x', null, true)   | insert into t values (?, ?, null, true)
          select varchar(10) 'x', interval '1 day'    | select varchar(?) ?, interval ?
          """)
  void literalsAreReplaced(String sql, String expected) {
    // A text block takes one backslash of two itself.
    assertThat(masked(sql)).isEqualTo(expected);
  }

  @Test
  void stringsGoOnBehindANewLine() {
    assertThat(masked("select 'a'\n 'b', 1")).isEqualTo("select ?, ?");
    assertThat(masked("select 'a' -- c\n\t'b'")).isEqualTo("select ?");
    assertThat(masked("select 'a'\n-- c\n'b'")).isEqualTo("select ?");
    assertThat(masked("select E'a'\n'b\\'secret' 'c'")).isEqualTo("select ? ?");
    assertThat(masked("select x'1'\n'2'")).isEqualTo("select ?");
    assertThat(masked("select 'a'\nas b")).isEqualTo("select ?\nas b");
  }

  @Test
  void whatHasNoEndGoesToTheEnd() {
    for (String open :
        new String[] {"'a", "E'a\\", "$$a", "$x$a$x", "u&'a", "b'1", "\"a", "E'a'\n'b"}) {
      assertThat(masked("select " + open + " secret")).isEqualTo("select ?");
    }
    assertThat(masked("select 1 /* secret")).isEqualTo("select ? /*?");
  }

  @Test
  void aBackslashBeforeAQuoteMeansTwoThingsAndNothingBehindItIsShown() {
    assertThat(masked("select 'it\\'s secret', 'x'")).isEqualTo("select ?");
    assertThat(masked("select 'C:\\', 'x' from t")).isEqualTo("select ?");
    assertThat(masked("select 'a\\b', 'x' from t")).isEqualTo("select ?, ? from t");
  }

  @Test
  void aTraceContextIsAllThatStaysOfAComment() {
    String kept = "/*traceparent='" + PARENT + "'*/";
    assertThat(masked("select 1 /*a='secret',traceparent='" + PARENT + "'*/"))
        .isEqualTo("select ? " + kept);
    assertThat(masked("/*span={\"traceparent\":\"" + PARENT + "\", \"x\":\"secret\"}*/ select 1"))
        .isEqualTo(kept + " select ?");
    assertThat(masked("/*traceparent='secret'*/ select 1"))
        .isEqualTo("/*traceparent='?'*/ select ?");
    assertThat(masked("/*traceparent='" + PARENT + "secret'*/ select 1"))
        .isEqualTo("/*traceparent='?'*/ select ?");
    assertThat(masked("-- traceparent='" + PARENT + "'\nselect 1")).isEqualTo("--?\nselect ?");
  }

  @Test
  void placesOfStatementsMoveWithTheText() {
    String sql = "select 'é long one'; update t set a = 12345 where b = 'x'; /* c */ select 7";
    byte[] bytes = sql.getBytes(UTF_8);
    MaskedSql masked = SqlScanner.mask(bytes);
    String[] wanted = {"select ?", " update t set a = ? where b = ?", " /*?*/ select ?"};
    int from = 0;
    for (String one : wanted) {
      int to = from;
      while (to < bytes.length && bytes[to] != ';') {
        to++;
      }
      int start = masked.offset(from);
      int length = masked.offset(to) - start;
      assertThat(new String(masked.bytes(), start, length, UTF_8)).isEqualTo(one);
      from = to + 1;
    }
    assertThat(masked.offset(-1)).isEqualTo(-1);
    assertThat(masked.offset(bytes.length)).isEqualTo(masked.bytes().length);
    assertThat(masked.offset(12)).isEqualTo(8);
  }

  @Test
  void aTextWithoutLiteralsIsTheSameArray() {
    byte[] text = "select a from b where c = $1".getBytes(UTF_8);
    assertThat(SqlScanner.mask(text).bytes()).isSameAs(text);
  }

  @Test
  void nothingOfAStringSurvivesWhateverStandsAroundIt() {
    String alphabet = "'\"$\\-/*\n eExXuU&;.,0aé_";
    for (int seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      StringBuilder noise = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        noise.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String[] forms = {"'%s'", "E'%s'", "u&'%s'", "$q9$%s$q9$", "'a''%s'", "E'\\'%s'", "b'%s'"};
      String literal = forms[random.nextInt(forms.length)].replace("%s", "SECRET");
      // Closed before, so that it stands where a literal may.
      String before = noise.toString().replaceAll("['\"$\\\\*/-]", "") + " ";
      String sql = before + literal + noise;
      assertThat(masked(sql)).as("seed %s: %s", seed, sql).doesNotContain("SECRET");
    }
  }

  @Test
  void anythingIsReadInLinearTime() {
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      assertThatCode(() -> SqlScanner.mask(bytes)).doesNotThrowAnyException();
    }
    int million = 1_000_000;
    String[] hostile = {
      "/*".repeat(million),
      "/*".repeat(million / 2) + "*/".repeat(million / 2),
      "'".repeat(million),
      "$a".repeat(million),
      "$" + "a".repeat(million),
      "$a$" + "$b".repeat(million),
      "$" + "a".repeat(1_000) + "$" + ("$" + "a".repeat(999)).repeat(1_000),
      "'a'\n".repeat(million),
      "'a'" + " ".repeat(million) + "x",
      "1.".repeat(million),
      "e'\\".repeat(million),
      "/*traceparent".repeat(million / 10) + "*/".repeat(million / 10),
      "--\n".repeat(million),
      "\\".repeat(million),
    };
    for (String text : hostile) {
      byte[] bytes = text.getBytes(UTF_8);
      Assertions.assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () -> SqlScanner.mask(bytes),
          () -> text.substring(0, 10) + "... takes too long");
    }
  }
}
