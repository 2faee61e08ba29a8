package io.pgstitch.testkit.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One good trace, and copies of it with one thing wrong each. */
class Trace10046ValidatorTest {
  private static final String BANNER =
      """
      Trace file /var/lib/pgstitch/traces/main_ora_4711.trc
      PostgreSQL version: 15.13
      Traced by: pgstitch
      Cluster: default
      Data directory: /var/lib/postgresql/15/main
      System name: Linux
      Node name: db1
      Release: 6.1.0
      Version: #1 SMP
      Machine: x86_64
      Unix process pid: 4711

      *** 2026-01-05T10:00:00.000000+00:00
      *** SESSION ID:(4711.1) 2026-01-05T10:00:00.000000+00:00
      """;

  private static final String GOOD =
      BANNER
          + """
          =====================
          PARSING IN CURSOR #101 len=18 dep=0 uid=0 oct=3 lid=0 tim=1000010 hv=942515969 ad='4a2b' sqlid='a5ks9fhw2v9s1'
          select * from dual
          END OF STMT
          PARSE #101:c=10,e=12,p=0,cr=0,cu=0,mis=1,r=0,dep=0,og=1,plh=18446744073709551615,tim=1000010
          BINDS #101:

           Bind#0
            oacdty=01 mxl=32(04) mxlc=00 mal=00 scl=00 pre=00
            oacflg=03 fl2=1000000 frm=01 csi=873 siz=0 off=24
            kxsbbbfp=7f00aa  bln=32  avl=04  flg=01
            value="two
          lines"
          =====================
          PARSING IN CURSOR #102 len=8 dep=1 uid=0 oct=3 lid=0 tim=1000100 hv=3150668925 ad='1' sqlid='0y30pf6xwqt3x'
          select 1
          END OF STMT
          PARSE #102:c=5,e=6,p=0,cr=0,cu=0,mis=1,r=0,dep=1,og=1,plh=0,tim=1000100
          WAIT #102: nam='DataFileRead' ela= 50 file#=16384 block#=7 blocks=1 obj#=16384 tim=1000180
          EXEC #102:c=20,e=75,p=1,cr=3,cu=1,mis=0,r=1,dep=1,og=1,plh=0,tim=1000190
          CLOSE #102:c=0,e=1,dep=1,type=0,tim=1000195
          WAIT #101: nam='Lock: relation' ela= 100 name|mode=1413697536 id 1=5 id2=0 obj#=-1 tim=1000400
          EXEC #101:c=60,e=500,p=1,cr=4,cu=1,mis=0,r=0,dep=0,og=1,plh=0,tim=1000520
          WAIT #0: nam='ClientRead' ela= 80 driver id=0 #bytes=5 p3=0 obj#=-1 tim=1000610
          FETCH #101:c=10,e=20,p=0,cr=0,cu=0,mis=0,r=1,dep=0,og=1,plh=0,tim=1000640
          STAT #101 id=1 cnt=1 pid=0 pos=1 obj=0 op='Result (cr=0 pr=0 pw=0 str=1 time=12 us cost=0 size=4 card=1)'
          ERROR #101:err=36865 tim=1000641
          *** SQLSTATE: 22012
          XCTEND rlbk=0, rd_only=1, tim=1000650
          CLOSE #101:c=1,e=2,dep=0,type=0,tim=1000660
          """;

  @Test
  void goodTraceHasNoViolation() {
    assertThat(validate(GOOD).violations()).isEmpty();
  }

  @Test
  void recordsAreCountedByKind() {
    TraceReport report = validate(GOOD);
    assertThat(
            List.of(
                report.count("PARSING IN CURSOR"),
                report.count("EXEC"),
                report.count("WAIT"),
                report.count("XCTEND")))
        .containsExactly(2, 2, 3, 1);
  }

  @Test
  void unaccountedTimeIsElapsedLessCpuWaitsAndCalled() {
    // EXEC #101: 500 - (60 - 25) - 100 - (6 + 75 + 1)
    assertThat(validate(GOOD).unaccountedPercentileUs(100)).isEqualTo(283);
  }

  @Test
  void explainedShareIsTopLevelCallsAndWaitsBetweenThemOverTheSpan() {
    assertThat(validate(GOOD).explainedShare())
        .isCloseTo((12 + 500 + 20 + 2 + 80) / 662.0, within(1e-9));
  }

  @Test
  void unknownLineIsAGrammarViolation() {
    assertBreaks(TraceRule.GRAMMAR, "*** SQLSTATE: 22012", "SQLSTATE: 22012");
  }

  @Test
  void planLinesAreATree() {
    assertBreaks(TraceRule.PLAN_TREE, "STAT #101 id=1 ", "STAT #101 id=2 ");
    assertBreaks(TraceRule.PLAN_TREE, "cnt=1 pid=0 pos=1", "cnt=1 pid=1 pos=1");
    assertBreaks(TraceRule.PLAN_TREE, "cnt=1 pid=0 pos=1", "cnt=1 pid=0 pos=2");
  }

  @Test
  void starLinesThatSayMoreOfALineAgreeWithIt() {
    String call = "EXEC #102:c=20,e=75,p=1,cr=3,cu=1,mis=0,r=1,dep=1,og=1,plh=0,tim=1000190\n";
    String blocks =
        "*** BLOCKS: #102 EXEC local_hit=2 local_read=1 temp_written=5 local_dirtied=1\n";
    String wal = "*** WAL: #102 EXEC records=1 fpi=0 bytes=99\n";
    String text = "select 1\nEND OF STMT\n";
    String said = text + "*** BEGUN BEFORE: #102\n*** TEXT CUT: #102 after=8\n";
    String file =
        "*** FILE: file#=16384 fork=main tablespace=1663 database=5 oid=16384 relation=a b\n";
    String wait = "WAIT #102: nam='DataFileRead'";
    String more =
        GOOD.replace(call, call + blocks + wal).replace(text, said).replace(wait, file + wait);
    assertThat(validate(more).violations()).isEmpty();
    assertThat(validate(more).count("BLOCKS")).isEqualTo(1);
    for (String wrong :
        List.of(
            more.replace("local_hit=2", "local_hit=3"),
            more.replace("local_dirtied=1", "shared_dirtied=2"),
            more.replace("after=8", "after=9"),
            more.replace(said, text + "*** BEGUN BEFORE: WAIT #102\n"),
            more.replace("WAL: #102 EXEC", "WAL: #102 CLOSE"))) {
      assertThat(validate(wrong).violations())
          .extracting(TraceViolation::rule)
          .containsExactly(TraceRule.STAR_LINE);
    }
    for (String wrong :
        List.of(
            more.replace("temp_written=5", "temp_writ=5"),
            more.replace("fork=main", "fork=other"),
            more.replace("*** BEGUN BEFORE: #102", "*** BEGUN BEFORE: 102"))) {
      assertThat(validate(wrong).violations())
          .extracting(TraceViolation::rule)
          .containsExactly(TraceRule.GRAMMAR);
    }
  }

  @Test
  void fractionIsAGrammarViolation() {
    assertBreaks(TraceRule.GRAMMAR, "c=10,e=20,", "c=10,e=20.5,");
  }

  @Test
  void waitWithTwoParametersIsAGrammarViolation() {
    assertBreaks(TraceRule.GRAMMAR, " p3=0 ", " ");
  }

  @Test
  void bannerOfTenLinesIsAGrammarViolation() {
    assertBreaks(TraceRule.GRAMMAR, "Machine: x86_64\n", "");
  }

  @Test
  void tornLastLineIsAGrammarViolation() {
    assertThat(rules(GOOD.substring(0, GOOD.length() - 4))).contains(TraceRule.GRAMMAR);
  }

  @Test
  void lengthThatIsNotTheTextsIsFound() {
    assertBreaks(TraceRule.TEXT_LENGTH, "len=18", "len=17");
  }

  @Test
  void lengthIsOfBytesNotOfCharacters() {
    String text = "select 'ü'";
    SqlIdentity id =
        SqlIdentity.of(
            new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    String trace =
        GOOD.replace(
            "len=18 dep=0 uid=0 oct=3 lid=0 tim=1000010 hv=942515969 ad='4a2b' sqlid='a5ks9fhw2v9s1'\nselect * from dual",
            "len=11 dep=0 uid=0 oct=3 lid=0 tim=1000010 hv="
                + id.hash()
                + " ad='4a2b' sqlid='"
                + id.sqlId()
                + "'\n"
                + text);
    assertThat(trace).contains(text);
    assertThat(validate(trace).violations()).isEmpty();
  }

  @Test
  void textMayHoldTheLineThatEndsTexts() {
    String text = "select 1\nEND OF STMT\n, 2";
    SqlIdentity id = SqlIdentity.of(text);
    String trace =
        GOOD.replace(
            "len=8 dep=1 uid=0 oct=3 lid=0 tim=1000100 hv=3150668925 ad='1' sqlid='0y30pf6xwqt3x'\nselect 1\n",
            "len=24 dep=1 uid=0 oct=3 lid=0 tim=1000100 hv="
                + id.hash()
                + " ad='1' sqlid='"
                + id.sqlId()
                + "'\n"
                + text
                + "\n");
    assertThat(trace).contains(text);
    assertThat(validate(trace).violations()).isEmpty();
  }

  @Test
  void identityOfAnotherTextIsFound() {
    assertBreaks(TraceRule.SQL_ID, "select * from dual", "select * from duel");
  }

  @Test
  void hashThatIsNotTheIdsLowBitsIsFound() {
    assertBreaks(TraceRule.SQL_ID, "hv=942515969", "hv=942515968");
  }

  @Test
  void cursorOfOneDigitIsFound() {
    assertBreaks(TraceRule.CURSOR_NUMBER, "#102", "#7");
  }

  @Test
  void cursorThatWasNeverIntroducedIsFound() {
    assertBreaks(TraceRule.CURSOR_UNKNOWN, "FETCH #101:", "FETCH #103:");
  }

  @Test
  void useAfterCloseIsFound() {
    assertBreaks(TraceRule.CURSOR_UNKNOWN, "WAIT #101: nam='Lock", "WAIT #102: nam='Lock");
  }

  @Test
  void cursorKeptAsPreparedMayBeUsedAgain() {
    String trace =
        GOOD.replace("type=0,tim=1000195", "type=1,tim=1000195")
            .replace("WAIT #101: nam='Lock", "WAIT #102: nam='Lock");
    assertThat(validate(trace).violations()).isEmpty();
  }

  @Test
  void introductionOfAnOpenCursorIsFound() {
    assertThat(rules(GOOD.replace("PARSING IN CURSOR #102", "PARSING IN CURSOR #101")))
        .contains(TraceRule.CURSOR_REUSED);
  }

  @Test
  void cursorLeftOpenIsFound() {
    assertBreaks(TraceRule.CURSOR_LEFT_OPEN, "CLOSE #101:c=1,e=2,dep=0,type=0,tim=1000660\n", "");
  }

  @Test
  void runningSessionMayHaveOpenCursors() {
    String trace = GOOD.replace("CLOSE #101:c=1,e=2,dep=0,type=0,tim=1000660\n", "");
    TraceReport report =
        Trace10046Validator.ofRunningSession().validate(trace.getBytes(StandardCharsets.UTF_8));
    assertThat(report.violations()).isEmpty();
  }

  @Test
  void timeThatGoesBackIsFound() {
    assertBreaks(TraceRule.TIME_GOES_BACK, "tim=1000650", "tim=1000630");
  }

  @Test
  void skippedDepthIsFound() {
    String trace = GOOD.replace("r=1,dep=1", "r=1,dep=2").replace("c=0,e=1,dep=1", "c=0,e=1,dep=2");
    assertThat(rules(trace)).containsExactly(TraceRule.DEPTH);
  }

  @Test
  void recursiveCallWithoutCallerIsFound() {
    assertBreaks(TraceRule.DEPTH, "c=1,e=2,dep=0", "c=1,e=2,dep=1");
  }

  @Test
  void callThatBeginsBeforeItsCallerIsFound() {
    assertBreaks(TraceRule.NESTING, "PARSE #102:c=5,e=6,", "PARSE #102:c=5,e=90,");
  }

  @Test
  void callThatBeginsBeforeTheOneBeforeItEndedIsFound() {
    assertBreaks(TraceRule.NESTING, "FETCH #101:c=10,e=20,", "FETCH #101:c=10,e=150,");
  }

  @Test
  void waitAcrossTheBeginningOfACallIsFound() {
    assertBreaks(TraceRule.NESTING, "tim=1000610", "tim=1000630");
  }

  @Test
  void cpuAboveElapsedIsFound() {
    assertBreaks(TraceRule.CPU_EXCEEDS_ELAPSED, "FETCH #101:c=10,e=20,", "FETCH #101:c=46,e=20,");
  }

  @Test
  void cpuIs25MicrosecondsAboveElapsedAtMost() {
    assertThat(rules(GOOD.replace("FETCH #101:c=10,e=20,", "FETCH #101:c=45,e=20,"))).isEmpty();
  }

  @Test
  void partsThatExceedTheElapsedTimeAreFound() {
    // (460 - 25) + 100 + 82 = 617, 117 us more than e; the tolerance is 100 us + 0.5 %.
    assertBreaks(TraceRule.PARTS_EXCEED_ELAPSED, "EXEC #101:c=60,", "EXEC #101:c=460,");
  }

  @Test
  void partsMayExceedTheElapsedTimeByTheTolerance() {
    assertThat(rules(GOOD.replace("EXEC #101:c=60,", "EXEC #101:c=440,"))).isEmpty();
  }

  @Test
  void countsThatLackThoseOfTheCalledAreFound() {
    assertBreaks(TraceRule.COUNTS_INCLUDE_CALLED, "p=1,cr=4,cu=1", "p=1,cr=2,cu=1");
  }

  @Test
  void bindWithoutItsLinesIsFound() {
    assertBreaks(TraceRule.GRAMMAR, "  oacdty=01 mxl=32(04) mxlc=00 mal=00 scl=00 pre=00\n", "");
  }

  @Test
  void bindsThatDoNotAscendAreFound() {
    String bind =
        GOOD.substring(GOOD.indexOf(" Bind#0"), GOOD.indexOf("lines\"\n") + "lines\"\n".length());
    assertBreaks(TraceRule.GRAMMAR, bind, bind + bind);
    assertThat(rules(GOOD.replace(bind, bind + bind.replace("Bind#0", "Bind#1")))).isEmpty();
  }

  @Test
  void nullBindHasNoValueLine() {
    assertThat(rules(GOOD.replace("  value=\"two\nlines\"\n", ""))).isEmpty();
  }

  @Test
  void bindsBetweenExecAndFetchAreFound() {
    assertBreaks(TraceRule.BINDS_ORDER, "FETCH #101:c=10", "BINDS #101:\n\nFETCH #101:c=10");
  }

  @Test
  void bindsThatAreSaidToBeLateMayFollowTheirExecOnce() {
    String late = "*** BINDS LATE: #101 of the EXEC above\nBINDS #101:\n\n";
    String fetch = "FETCH #101:c=10";
    assertThat(GOOD).contains(fetch);
    assertThat(rules(GOOD.replace(fetch, late + fetch))).isEmpty();
    assertBreaks(TraceRule.BINDS_ORDER, fetch, late + "BINDS #101:\n\n" + fetch);
  }

  @Test
  void violationNamesTheLine() {
    TraceReport report = validate(GOOD.replace("*** SQLSTATE: 22012", "SQLSTATE: 22012"));
    long line = GOOD.substring(0, GOOD.indexOf("*** SQLSTATE")).lines().count() + 1;
    assertThat(report.violations()).extracting(TraceViolation::line).containsExactly((int) line);
  }

  /** The change breaks this rule and no other. */
  private static void assertBreaks(TraceRule rule, String good, String bad) {
    assertThat(GOOD).contains(good);
    assertThat(rules(GOOD.replace(good, bad))).containsExactly(rule);
  }

  private static List<TraceRule> rules(String trace) {
    return validate(trace).violations().stream().map(TraceViolation::rule).distinct().toList();
  }

  private static TraceReport validate(String trace) {
    return Trace10046Validator.ofEndedSession().validate(trace.getBytes(StandardCharsets.UTF_8));
  }
}
