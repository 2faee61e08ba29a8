package io.pgstitch.testkit;

import static io.pgstitch.testkit.EmbeddedKafkaSettings.CONTROLLER_LISTENER;
import static io.pgstitch.testkit.EmbeddedKafkaSettings.NODE_ID;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A real single-node Kafka (KRaft, broker and controller in one) inside this process, listening on
 * 127.0.0.1 only.
 *
 * <p>Its directory outlives it: started again on the same directory, also after {@code kill -9}, it
 * has the same cluster id, topics, records and offsets. The ports may differ. Topics are not
 * created by themselves.
 */
public final class EmbeddedKafka implements KafkaUnderTest {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

  private final KafkaRaftServer server;
  private final FileChannel lock;
  private final int port;

  private EmbeddedKafka(KafkaRaftServer server, FileChannel lock, int port) {
    this.server = server;
    this.lock = lock;
    this.port = port;
  }

  /** Starts a broker on a free port; see {@link #start(Path, int)}. */
  public static EmbeddedKafka start(Path dir) {
    return start(dir, FreePort.find());
  }

  /**
   * Starts a broker and returns once it accepts clients.
   *
   * @param dir where its data is or will be; created if missing
   * @param port the TCP port of 127.0.0.1 to listen on
   * @throws IllegalStateException if it cannot start: another broker uses the directory, the port
   *     is taken, the data is damaged
   */
  public static EmbeddedKafka start(Path dir, int port) {
    sayWhyTheProcessEnds();
    Path logDir = dir.toAbsolutePath();
    KafkaRaftServer server = null;
    FileChannel lock = null;
    try {
      createPrivateDirectory(logDir);
      lock = lock(logDir);
      format(logDir);
      int controllerPort = FreePort.find();
      if (KilledBroker.left(logDir)) {
        KilledBroker.forget(logDir, controllerPort);
      }
      KafkaConfig config =
          new KafkaConfig(EmbeddedKafkaSettings.of(logDir, port, controllerPort), false);
      server = new KafkaRaftServer(config, Time.SYSTEM);
      server.startup();
      return new EmbeddedKafka(server, lock, port);
    } catch (Exception e) {
      if (server != null) {
        shutDownAfter(e, server);
      }
      release(lock);
      throw new IllegalStateException(
          "the embedded Kafka did not start in "
              + logDir
              + " on port "
              + port
              + ": "
              + rootCause(e)
              + "; check that no other broker uses this directory or port, or start with an empty directory",
          e);
    }
  }

  @Override
  public String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  /**
   * Stops the broker cleanly and waits for it, also in a thread that is interrupted; the thread is
   * interrupted still when this returns. The directory stays.
   *
   * @throws IllegalStateException if it does not stop; its threads are left alone then
   */
  @Override
  public void close() {
    // The thread of the controller's quorum does not end when its log was damaged.
    Thread stopping =
        new Thread(
            () -> {
              server.shutdown();
              server.awaitShutdown();
            },
            "embedded-kafka-stop");
    stopping.setDaemon(true);
    stopping.start();
    await(stopping);
    if (stopping.isAlive()) {
      throw new IllegalStateException(
          "the embedded Kafka on port " + port + " did not stop within " + STOP_LIMIT);
    }
    release(lock);
  }

  /**
   * Waits for a thread, as long as it may take. Whoever is interrupted wants to end, too, and the
   * directory is free only when the broker has let go of it.
   */
  private static void await(Thread stopping) {
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    boolean interrupted = false;
    for (long left = STOP_LIMIT.toNanos();
        left > 0 && stopping.isAlive();
        left = deadline - System.nanoTime()) {
      try {
        TimeUnit.NANOSECONDS.timedJoin(stopping, left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** A broker with a fatal fault ends its process; where nothing logs, it would do so silently. */
  private static void sayWhyTheProcessEnds() {
    Exit.setHaltProcedure((status, message) -> end(status, message, Runtime.getRuntime()::halt));
    Exit.setExitProcedure((status, message) -> end(status, message, Runtime.getRuntime()::exit));
  }

  private static void end(int status, String message, IntConsumer end) {
    new IllegalStateException(
            "the embedded Kafka ends the process, status " + status + ": " + message)
        .printStackTrace();
    end.accept(status);
  }

  /**
   * Kafka's own lock comes too late: a second broker has written into the log of the controller's
   * quorum by then, which ends the first one.
   */
  private static FileChannel lock(Path dir) throws IOException {
    FileChannel channel =
        FileChannel.open(
            dir.resolve(".embedded-kafka.lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException ofThisProcess) {
      // Said below.
    }
    channel.close();
    throw new IOException("another broker uses the directory");
  }

  /** Gives the directory back; with the process it would end, too. */
  private static void release(FileChannel lock) {
    try {
      if (lock != null) {
        lock.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void createPrivateDirectory(Path dir) throws IOException {
    Files.createDirectories(dir);
    // Records hold statement texts and bind values.
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
  }

  /** Writes {@code meta.properties} with a new cluster id; does nothing where one exists. */
  private static void format(Path logDir) throws Exception {
    if (Files.exists(logDir.resolve("meta.properties"))) {
      return;
    }
    try (PrintStream quiet =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(quiet)
          .setClusterId(Uuid.randomUuid().toString())
          .setNodeId(NODE_ID)
          .setControllerListenerName(CONTROLLER_LISTENER)
          .setMetadataLogDirectory(logDir.toString())
          .addDirectory(logDir.toString())
          .setIgnoreFormatted(true)
          .run();
    }
  }

  private static void shutDownAfter(Exception failure, KafkaRaftServer server) {
    try {
      server.shutdown();
      server.awaitShutdown();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private static String rootCause(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.toString();
  }
}
