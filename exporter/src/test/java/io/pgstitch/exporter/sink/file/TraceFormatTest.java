package io.pgstitch.exporter.sink.file;

import static io.pgstitch.exporter.Sessions.call;
import static io.pgstitch.exporter.Sessions.records;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.exporter.Sessions;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.CallKind;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.FunctionCall;
import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockTarget;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.TransactionEndLine;
import io.pgstitch.schema.WaitLine;
import io.pgstitch.schema.WalUsage;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TraceFormatTest {

  private static final Pattern GRAMMAR =
      Pattern.compile(
          String.join(
              "|",
              "={21}",
              "PARSING IN CURSOR #\\d{3,5} len=\\d+ dep=\\d+ uid=\\d+ oct=\\d+ lid=\\d+ tim=\\d+"
                  + " hv=\\d+ ad='[0-9a-f]+' sqlid='[0-9a-df-hjkmnp-z]{13}'",
              "END OF STMT",
              "(PARSE|EXEC|FETCH) #\\d+:c=\\d+,e=\\d+,p=\\d+,cr=\\d+,cu=\\d+,mis=\\d,r=\\d+,dep=\\d+,"
                  + "og=\\d,plh=\\d+,tim=\\d+",
              "CLOSE #\\d+:c=\\d+,e=\\d+,dep=\\d+,type=[0-3],tim=\\d+",
              "WAIT #\\d+: nam='[^']+' ela= \\d+ ([^= ][^=]*=-?\\d+ ){3}obj#=-?\\d+ tim=\\d+",
              "XCTEND rlbk=[01], rd_only=[01], tim=\\d+",
              "ERROR #\\d+:err=\\d+ tim=\\d+",
              "\\*\\*\\* .*"));

  private static String written(Object... lines) {
    return new String(TraceFormat.bytes(records(4711, lines)), UTF_8);
  }

  @Test
  void parsingInCursorIsWrittenWithOraclesIdentityOfTheText() {
    assertThat(
            written(
                new ParsingInCursor(101, "select * from dual", 1, 0, "SELECT", 5L, false, false)))
        .isEqualTo(
            "=====================\n"
                + "PARSING IN CURSOR #101 len=18 dep=1 uid=0 oct=3 lid=0 tim=5 hv=942515969"
                + " ad='a2cb0974382da701' sqlid='a5ks9fhw2v9s1'\n"
                + "select * from dual\n"
                + "END OF STMT\n");
  }

  @Test
  void lengthOfATextIsInBytes() {
    assertThat(written(new ParsingInCursor(101, "select 'é€'", 0, 0, "SELECT", 5L, false, false)))
        .contains(" len=14 ");
  }

  @Test
  void lengthTellsTheEndOfATextThatHoldsOddLines() {
    String text = "select '\nEND OF STMT\r\n=====================\n' \uD800";
    String out = written(new ParsingInCursor(101, text, 0, 0, "SELECT", 5L, false, false));
    int len = Integer.parseInt(out.replaceAll("(?s).* len=(\\d+) dep.*", "$1"));
    byte[] bytes = out.getBytes(UTF_8);
    int start = out.indexOf("\n", out.indexOf("PARSING")) + 1;
    assertThat(new String(bytes, start, len, UTF_8)).isEqualTo(text.replace('\uD800', '?'));
    assertThat(new String(bytes, start + len, bytes.length - start - len, UTF_8))
        .isEqualTo("\nEND OF STMT\n");
  }

  @Test
  void callHasAllItsNumbers() {
    assertThat(written(call(CallKind.FETCH, 9L)))
        .isEqualTo("FETCH #101:c=40,e=90,p=1,cr=3,cu=0,mis=1,r=1,dep=0,og=1,plh=77,tim=9\n");
  }

  @Test
  void closeHasItsType() {
    assertThat(written(new Close(101, 1L, 2L, 0, 3, 9L, null, null)))
        .isEqualTo("CLOSE #101:c=1,e=2,dep=0,type=3,tim=9\n");
  }

  @Test
  void transactionEndSaysRollbackAndReadOnly() {
    assertThat(written(new TransactionEndLine(true, false, 9L)))
        .isEqualTo("XCTEND rlbk=1, rd_only=0, tim=9\n");
  }

  @Test
  void errorHasThePackedSqlstateAndTheFiveCharacters() {
    assertThat(written(new ErrorLine(101, "22012", "", 9L, "", "")))
        .isEqualTo("ERROR #101:err=33816706 tim=9\n*** SQLSTATE: 22012\n");
  }

  @Test
  void noteIsOneStarLineWhateverItHolds() {
    assertThat(written(new Note("INCOMPLETE", "lost\nWAIT #1", 9L)))
        .isEqualTo("*** INCOMPLETE: lost WAIT #1\n");
  }

  @Test
  void aDescriptorIsNoFileNumber() {
    assertThat(written(wait("IO", "DataFileRead", unnamed(7, 16384L, 16384L))))
        .isEqualTo(
            "WAIT #101: nam='DataFileRead' ela= 50 fd=7 offset=16384 bytes=16384 obj#=-1 tim=9\n");
  }

  @Test
  void otherFilesAreInBytes() {
    assertThat(written(wait("IO", "WALWrite", unnamed(8, 100L, 8192L))))
        .contains(" fd=8 offset=100 bytes=8192 obj#=-1 ");
  }

  @Test
  void clientWaitHasItsSocketAndBytes() {
    assertThat(written(wait("Client", "ClientRead", unnamed(9, -1L, 12L))))
        .contains(" driver id=9 #bytes=12 p3=0 ");
  }

  @Test
  void lockWaitHasTagAndMode() {
    assertThat(written(wait("Lock", "transactionid", transactionLock(List.of(), false))))
        .contains(" name|mode=262149 field1=744 field2=0 ");
  }

  @Test
  void lockWaitIsFollowedByItsHolders() {
    assertThat(written(wait("Lock", "transactionid", transactionLock(List.of(4711, 4712), true))))
        .endsWith(" tim=9\n*** LOCK: type=transactionid mode=ShareLock holders=4711,4712,...\n");
  }

  @Test
  void aFileOfARelationIsNamedByItsNumbers() {
    IoTarget segment =
        new IoTarget(
            7, 8192L, 8192L, 1663L, 5L, 16402L, "main", 131_073L, 16_400L, "t", "base/5/16402.1");
    assertThat(written(wait("IO", "DataFileRead", segment)))
        .contains(" file#=16402 block#=131073 blocks=1 ");
    IoTarget sync =
        new IoTarget(7, -1L, -1L, 1663L, 5L, 16402L, "fsm", -1L, 0L, "", "base/5/16402_fsm");
    assertThat(written(wait("IO", "DataFileImmediateSync", sync)))
        .contains(" file#=16402 block#=0 blocks=0 ");
  }

  @Test
  void aMessageStaysInOneLineFromWhichItCanBeRead() {
    assertThat(written(new ErrorLine(101, "22012", "a\\b\nWAIT #1: nam='x'\u0001", 9L, "", "")))
        .endsWith("\n*** MESSAGE: a\\\\b\\nWAIT #1: nam='x'\\u0001\n");
  }

  @Test
  void detailAndHintStandBelowTheMessage() {
    assertThat(written(new ErrorLine(101, "23505", "no", 9L, "Key (a)=(1)\nis there.", "Try 2.")))
        .endsWith("\n*** MESSAGE: no\n*** DETAIL: Key (a)=(1)\\nis there.\n*** HINT: Try 2.\n");
  }

  private static LockTarget transactionLock(List<Integer> holders, boolean cut) {
    return new LockTarget(744L, 0L, 0L, 0, 4, 1, 5, "transactionid", "ShareLock", holders, cut, "");
  }

  private static IoTarget unnamed(int descriptor, long offset, long bytes) {
    return new IoTarget(descriptor, offset, bytes, 0L, 0L, 0L, "", -1L, 0L, "", "");
  }

  @Test
  void waitWithoutTargetHasThreeZeros() {
    assertThat(written(wait("Timeout", "PgSleep", null))).contains(" p1=0 p2=0 p3=0 ");
  }

  @Test
  void everyLineOfAStatementIsInTheGrammar() {
    List<String> lines =
        Stream.of(
                new String(TraceFormat.bytes(Sessions.statement(4711, 3)), UTF_8),
                written(
                    new ErrorLine(101, "42P01", "no such\ntable", 9L, "", ""),
                    wait("Lock", "tuple", null)))
            .flatMap(String::lines)
            .filter(line -> !line.startsWith("select "))
            .toList();
    assertThat(lines).hasSizeGreaterThan(10).allMatch(GRAMMAR.asMatchPredicate());
  }

  @Test
  void bannerHasElevenLinesABlankAndTheStars() {
    Session session = new Session(Sessions.backend(4711), Sessions.START_NS);
    List<String> banner = new String(session.banner(Path.of("/t/a.trc")), UTF_8).lines().toList();
    assertThat(banner.get(0)).isEqualTo("Trace file /t/a.trc");
    assertThat(banner.subList(1, 11)).allMatch(line -> line.matches("[^:]+: .*"));
    assertThat(banner.get(11)).isEmpty();
    assertThat(banner.get(12)).isEqualTo("*** 2026-01-05T10:00:00.000000+00:00");
    assertThat(banner.get(13))
        .isEqualTo("*** SESSION ID:(4711.1767607200) 2026-01-05T10:00:00.000000+00:00");
    assertThat(banner.subList(12, banner.size())).hasSize(7).allMatch(l -> l.startsWith("*** "));
  }

  @Test
  void fileNameHasNothingThatAnybodyNamed() {
    var backend = Sessions.backend(4711);
    assertThat(new Session(backend, Sessions.START_NS).fileName())
        .isEqualTo("5432-4711-20260105T100000.123456-69b2c1f0a8e3d5f1.trc");
    backend.setServerPid(12);
    backend.setSystemIdentifier(-1L);
    backend.setHost("../../etc/x y");
    backend.setApplicationName("../x");
    assertThat(new Session(backend, Sessions.START_NS).fileName())
        .isEqualTo("5432-12-20260105T100000.123456-ffffffffffffffff.trc");
  }

  @Test
  void fileNameHasTheProcesssStartWhereTheBackendsIsNotKnown() {
    var backend = Sessions.backend(4711);
    backend.setBackendStartUs(0L);
    backend.setServerPid(0);
    backend.setSystemIdentifier(0L);
    assertThat(new Session(backend, Sessions.START_NS).fileName())
        .isEqualTo("5432-4711-20260105T100000.000000-0000000000000000.trc");
    assertThat(TraceFileName.pattern(backend)).isEqualTo("5432-4711-*-0000000000000000.trc");
  }

  @Test
  void anotherApplicationIsSaidAsOracleSaysAnotherModule() {
    assertThat(written(new Note("MODULE NAME", "check(out)\n", Sessions.START_NS / 1000)))
        .isEqualTo("*** MODULE NAME:(check_out_ ) 2026-01-05T10:00:00.000000+00:00\n");
  }

  private static WaitLine wait(String eventClass, String event, Object target) {
    return new WaitLine(101, eventClass, event, 50L, target, -1L, 9L, false, false);
  }

  @Test
  void whatWasBegunBeforeAndATextThatWasCutAreSaidBelowTheText() {
    assertThat(written(new ParsingInCursor(101, "sélect", 0, 0, "", 5L, true, true)))
        .endsWith("\nsélect\nEND OF STMT\n*** BEGUN BEFORE: #101\n*** TEXT CUT: #101 after=7\n");
    WaitLine wait = wait("Timeout", "PgSleep", null);
    wait.setBegunBefore(true);
    assertThat(written(wait)).endsWith(" tim=9\n*** BEGUN BEFORE: WAIT #101\n");
  }

  @Test
  void blocksForWhichACallHasNoPlaceAreSaidBehindIt() {
    Call call = call(CallKind.EXEC, 9);
    call.setBlocks(new BufferUsage(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L));
    call.setWal(new WalUsage(1L, 2L, 3L));
    assertThat(written(call).lines().skip(1))
        .containsExactly(
            "*** BLOCKS: #101 EXEC shared_hit=1 shared_read=2 shared_dirtied=3 shared_written=4"
                + " local_hit=5 local_read=6 local_dirtied=7 local_written=8"
                + " temp_read=9 temp_written=10",
            "*** WAL: #101 EXEC records=1 fpi=2 bytes=3");
    BufferUsage written = new BufferUsage();
    written.setSharedWritten(2L);
    assertThat(written(new Close(101, 1L, 2L, 0, 0, 9L, null, written)))
        .endsWith("tim=9\n*** BLOCKS: #101 CLOSE shared_written=2\n");
  }

  @Test
  void theFileOfAWaitIsNamedBeforeItWhereTheRecordSaysSo() {
    IoTarget relation = new IoTarget(7, 0L, 8192L, 1663L, 5L, 16384L, "vm", 0L, 16390L, "a\nb", "");
    WaitLine wait = wait("IO", "DataFileRead", relation);
    assertThat(written(wait)).startsWith("WAIT #101:").contains(" file#=16384 ");
    wait.setNamesFile(true);
    assertThat(written(wait))
        .startsWith(
            "*** FILE: file#=16384 fork=vm tablespace=1663 database=5 oid=16390 relation=a\\nb\n"
                + "WAIT #101:");
    IoTarget log = new IoTarget(9, 0L, 8192L, 0L, 0L, 0L, "", -1L, 0L, "", "pg_wal/0001");
    WaitLine sync = wait("IO", "WALSync", log);
    sync.setNamesFile(true);
    assertThat(written(sync)).startsWith("*** FILE: fd=9 path=pg_wal/0001\nWAIT #101:");
  }

  @Test
  void aFunctionsCallIsAStarLine() {
    assertThat(written(new FunctionCall(101, "heap_insert", 1, 3L, 4L, 9L)))
        .isEqualTo("*** FUNCTION: #101 heap_insert c=3,e=4,dep=1,tim=9\n");
  }
}
