package io.pgstitch.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** What the JDK's own classes log goes where all else goes. */
final class JdkLoggersTest {
  private static final String NAME = "jdk.loggers.test";

  private final List<String> seen = new ArrayList<>();

  private final class Collecting extends Handler {
    @Override
    public void publish(LogRecord record) {
      seen.add(record.getLevel() + " " + record.getLoggerName() + " " + record.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void theJdkFindsThemAndTheyWriteToItsLog() {
    Logger target = Logger.getLogger(NAME);
    Handler handler = new Collecting();
    target.addHandler(handler);
    target.setUseParentHandlers(false);
    try {
      System.Logger logger = System.getLogger(NAME);
      logger.log(System.Logger.Level.WARNING, "{0} of {1}", "one", "two");
      logger.log(System.Logger.Level.ERROR, "it's {0}");
      logger.log(System.Logger.Level.ERROR, "thrown", new IllegalStateException());
      logger.log(System.Logger.Level.TRACE, "not wanted");

      assertThat(System.LoggerFinder.getLoggerFinder()).isInstanceOf(JdkLoggers.class);
      assertThat(seen)
          .containsExactly(
              "WARNING " + NAME + " one of two",
              "SEVERE " + NAME + " it's {0}",
              "SEVERE " + NAME + " thrown");
    } finally {
      target.removeHandler(handler);
      target.setUseParentHandlers(true);
    }
  }
}
