package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.TraceRecord.Call;
import io.pgstitch.testkit.trace.TraceRecord.Failure;
import io.pgstitch.testkit.trace.TraceRecord.Moment;
import io.pgstitch.testkit.trace.TraceRecord.OfCursor;
import io.pgstitch.testkit.trace.TraceRecord.Parsing;
import io.pgstitch.testkit.trace.TraceRecord.Stat;
import io.pgstitch.testkit.trace.TraceRecord.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns the bytes of a trace file into records; whatever fits no form of line is a violation. */
final class TraceGrammar {
  private static final int BANNER_LINES = 11;
  private static final String RULE = "=".repeat(21);
  private static final String N = "(\\d{1,18})";

  private static final Pattern BANNER_LINE = Pattern.compile("[A-Za-z_][\\w ]*(:| =).*");
  private static final Pattern STAR =
      Pattern.compile(
          "\\*\\*\\* \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}[+-]\\d\\d:\\d\\d|\\*\\*\\* [A-Z0-9][\\w ]*:.*");
  private static final Pattern PARSING =
      Pattern.compile(
          ("PARSING IN CURSOR #"
                  + N
                  + " len="
                  + N
                  + " dep="
                  + N
                  + " uid="
                  + N
                  + " oct="
                  + N
                  + " lid="
                  + N)
              + (" tim=" + N + " hv=" + N + " ad='[0-9a-f]+' sqlid='([0-9a-z]{13})'"));
  private static final Pattern PARSE_ERROR =
      Pattern.compile(
          ("PARSE ERROR #"
                  + N
                  + ":len="
                  + N
                  + " dep="
                  + N
                  + " uid="
                  + N
                  + " oct="
                  + N
                  + " lid="
                  + N)
              + (" tim=" + N + " err=" + N));
  private static final Pattern CALL =
      Pattern.compile(
          ("(PARSE|EXEC|FETCH) #" + N + ":c=" + N + ",e=" + N + ",p=" + N + ",cr=" + N + ",cu=" + N)
              + (",mis=" + N + ",r=" + N + ",dep=" + N + ",og=" + N + ",plh=\\d{1,20},tim=" + N));
  private static final Pattern CLOSE =
      Pattern.compile(
          "CLOSE #" + N + ":c=" + N + ",e=" + N + ",dep=" + N + ",type=([0-3]),tim=" + N);
  private static final Pattern WAIT =
      Pattern.compile(
          ("WAIT #" + N + ": nam='([^']+)' ela= " + N)
              + " ([^=']+=-?\\d{1,19})(?: [^=']+=-?\\d{1,19}){2}"
              + (" obj#=-?\\d{1,10} tim=" + N));
  private static final Pattern BINDS = Pattern.compile("BINDS #" + N + ":");
  private static final Pattern BIND_LINE =
      Pattern.compile(
          " Bind#\\d+"
              + "|  oacdty=\\d+ mxl=\\d+\\(\\d+\\) mxlc=\\d+ mal=\\d+ scl=\\d+ pre=\\d+"
              + "|  oacflg=[0-9a-f]+ fl2=[0-9a-f]+ frm=\\d+ csi=\\d+ siz=\\d+ off=\\d+"
              + "|  kxsbbbfp=[0-9a-f]+  bln=\\d+  avl=\\d+  flg=[0-9a-f]+"
              + "|  value=.*|");
  private static final Pattern STAT =
      Pattern.compile(
          ("STAT #" + N + " id=" + N + " cnt=" + N + " pid=" + N + " pos=" + N + " obj=" + N)
              + (" op='.* \\(cr=\\d+ pr=\\d+ pw=\\d+( str=\\d+)? time=\\d+ us")
              + "( cost=\\d+)?( size=\\d+)?( card=\\d+)?\\)'");
  private static final Pattern TRANSACTION_END =
      Pattern.compile("XCTEND rlbk=[01], rd_only=[01], tim=" + N);
  private static final Pattern ERROR = Pattern.compile("ERROR #" + N + ":err=" + N + " tim=" + N);

  private final TraceText text;
  private final List<TraceViolation> violations;
  private final List<TraceRecord> records = new ArrayList<>();

  private TraceGrammar(TraceText text, List<TraceViolation> violations) {
    this.text = text;
    this.violations = violations;
  }

  /** The records of a file; what is wrong with it goes to {@code violations}. */
  static List<TraceRecord> parse(String file, List<TraceViolation> violations) {
    TraceGrammar grammar = new TraceGrammar(new TraceText(file), violations);
    grammar.banner();
    while (!grammar.text.atEnd()) {
      grammar.record();
    }
    if (!file.endsWith("\n")) {
      grammar.complain(grammar.text.lineNumber() - 1, "the last line has no end");
    }
    return grammar.records;
  }

  private void banner() {
    if (!text.peekLine().startsWith("Trace file ")) {
      complain(1, "the file does not begin with \"Trace file \"");
    }
    int lines = 0;
    while (!text.atEnd() && !text.peekLine().isEmpty()) {
      int number = text.lineNumber();
      String line = text.nextLine();
      if (lines > 0 && !BANNER_LINE.matcher(line).matches()) {
        complain(number, "not a line of the banner: " + line);
      }
      lines++;
    }
    if (lines != BANNER_LINES) {
      complain(1, "the banner has " + lines + " lines, not " + BANNER_LINES);
    }
  }

  private void record() {
    int number = text.lineNumber();
    String line = text.nextLine();
    if (line.isEmpty() || STAR.matcher(line).matches()) {
      star(number, line);
      return;
    }
    if (line.equals(RULE)) {
      if (!text.peekLine().startsWith("PARSING IN CURSOR ")
          && !text.peekLine().startsWith("PARSE ERROR ")) {
        complain(number, "PARSING IN CURSOR does not follow the rule");
      }
      return;
    }
    if (!statement(number, line) && !timed(number, line) && !ofCursor(number, line)) {
      complain(number, "not a line of a 10046 trace: " + line);
    }
  }

  private void star(int number, String line) {
    if (StarLines.isKnown(line)) {
      TraceRecord record = StarLines.parse(number, line);
      if (record == null) {
        complain(number, "not the form of this star line: " + line);
      } else {
        records.add(record);
      }
    }
  }

  private boolean statement(int number, String line) {
    Matcher m = PARSING.matcher(line);
    if (m.matches()) {
      String sql = text.nextText(n(m, 2), "END OF STMT");
      if (!text.peekLine().equals("END OF STMT")) {
        complain(number, "END OF STMT does not follow the text");
      } else {
        text.nextLine();
      }
      records.add(
          new Parsing(number, n(m, 1), n(m, 2), n(m, 3), n(m, 7), n(m, 8), m.group(9), sql));
      return true;
    }
    m = PARSE_ERROR.matcher(line);
    if (m.matches()) {
      long length = n(m, 2);
      long start = text.lineNumber();
      long taken = 0;
      while (!text.atEnd() && taken < length + 1) {
        taken += text.nextLine().length() + 1;
      }
      if (taken != length + 1) {
        violations.add(
            new TraceViolation(
                (int) start, TraceRule.TEXT_LENGTH, "len=" + length + " is not the text's"));
      }
      records.add(new Moment(number, "PARSE ERROR", n(m, 7)));
      return true;
    }
    return false;
  }

  private boolean timed(int number, String line) {
    Matcher m = CALL.matcher(line);
    if (m.matches()) {
      records.add(
          new Call(
              number,
              m.group(1),
              n(m, 2),
              n(m, 3),
              n(m, 4),
              n(m, 5),
              n(m, 6),
              n(m, 7),
              n(m, 9),
              n(m, 10),
              0,
              n(m, 12)));
      return true;
    }
    m = CLOSE.matcher(line);
    if (m.matches()) {
      records.add(
          new Call(
              number,
              "CLOSE",
              n(m, 1),
              n(m, 2),
              n(m, 3),
              0,
              0,
              0,
              0,
              n(m, 4),
              (int) n(m, 5),
              n(m, 6)));
      return true;
    }
    m = WAIT.matcher(line);
    if (m.matches()) {
      String first = m.group(4);
      boolean ofFile = first.startsWith("file#=") || first.startsWith("fd=");
      String file = ofFile && !first.endsWith("=-1") ? first : "";
      records.add(new Wait(number, n(m, 1), m.group(2), n(m, 3), file, n(m, 5)));
      return true;
    }
    m = TRANSACTION_END.matcher(line);
    if (m.matches()) {
      records.add(new Moment(number, "XCTEND", n(m, 1)));
      return true;
    }
    m = ERROR.matcher(line);
    if (m.matches()) {
      records.add(new Failure(number, n(m, 1), n(m, 2), n(m, 3)));
      return true;
    }
    return false;
  }

  private boolean ofCursor(int number, String line) {
    Matcher m = BINDS.matcher(line);
    if (m.matches()) {
      records.add(new OfCursor(number, "BINDS", n(m, 1)));
      bindLines();
      return true;
    }
    m = STAT.matcher(line);
    if (m.matches()) {
      records.add(new Stat(number, n(m, 1), n(m, 2), n(m, 3), n(m, 4), n(m, 5)));
      return true;
    }
    return false;
  }

  /** A quoted value may hold line ends; it lasts until a line that ends with a quote. */
  private void bindLines() {
    boolean inValue = false;
    BindSection section = new BindSection();
    while (!text.atEnd() && (inValue || BIND_LINE.matcher(text.peekLine()).matches())) {
      int number = text.lineNumber();
      String line = text.nextLine();
      if (!inValue) {
        String wrong = section.next(line);
        if (wrong != null) {
          complain(number, wrong);
        }
      }
      boolean opens = line.startsWith("  value=\"") && !(line.length() > 9 && line.endsWith("\""));
      inValue = inValue ? !line.endsWith("\"") : opens;
    }
    if (!section.isWhole()) {
      complain(text.lineNumber() - 1, "a bind ends before its avl");
    }
  }

  private static long n(Matcher m, int group) {
    return Long.parseLong(m.group(group));
  }

  private void complain(int line, String message) {
    violations.add(new TraceViolation(line, TraceRule.GRAMMAR, message));
  }
}
