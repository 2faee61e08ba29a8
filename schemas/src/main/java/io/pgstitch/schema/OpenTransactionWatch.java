package io.pgstitch.schema;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log which partitions are held up by transactions that nobody ends, as long as a role
 * runs. It has a thread of its own and ends nothing when it cannot look.
 */
public final class OpenTransactionWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenTransactionWatch.class);
  private static final long CLOSE_SECONDS = 5;

  private final OpenTransactions transactions;
  private final OpenTransactionReport report;
  private final OpenTransactionPace pace;
  private final Clock clock;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "pgstitch-open-transactions");
            made.setDaemon(true);
            return made;
          });
  private volatile List<OpenTransaction> found = List.of();
  private boolean failing;

  /**
   * Values that stay; nothing runs yet.
   *
   * @param admin stays the caller's
   * @param brokers bootstrap servers, for the commands that the log names
   * @param topics where it looks; those that do not exist are passed over
   * @param clock of the wall
   */
  public OpenTransactionWatch(
      Admin admin, String brokers, Set<String> topics, OpenTransactionPace pace, Clock clock) {
    this.transactions = new OpenTransactions(admin, topics, pace.still(), pace.limit());
    this.report = new OpenTransactionReport(brokers, pace.again());
    this.pace = pace;
    this.clock = clock;
  }

  /** Begins to look. */
  public void start() {
    var unused =
        thread.scheduleWithFixedDelay(
            this::look, 0, pace.between().toMillis(), TimeUnit.MILLISECONDS);
  }

  /** How many partitions were held up at the last look that had its answers. */
  public long count() {
    return found.size();
  }

  /** How many partitions of a topic were. */
  public long count(String topic) {
    return found.stream().filter(each -> each.partition().topic().equals(topic)).count();
  }

  private void look() {
    try {
      Instant now = clock.instant();
      List<OpenTransaction> open = transactions.look(now);
      found = open;
      report.warnings(open, now).forEach(LOG::warn);
      report.freed(open).forEach(partition -> LOG.info("{} is no longer held up", partition));
      failing = false;
    } catch (ExecutionException | RuntimeException e) {
      if (!failing) {
        LOG.info("cannot look for open transactions, which is tried again: {}", e.toString());
      }
      failing = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  /** Ends its thread. Idempotent. */
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.debug("the look for open transactions ends late");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
