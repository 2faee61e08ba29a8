package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A stock PostgreSQL server with an empty cluster of its own, on a free port of 127.0.0.1 and a
 * Unix socket in its data directory. Superuser {@code postgres}, no password. Started by root it
 * runs as {@code postgres} or {@code nobody}.
 */
public final class ThrowawayPostgres implements AutoCloseable {
  static final String SUPERUSER = "postgres";

  private static final Duration START_LIMIT = Duration.ofMinutes(1);
  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);

  /** How a server is stopped, as in {@code pg_ctl stop -m}. */
  public enum StopMode {
    /** Ends the sessions, rolls back, writes a checkpoint. */
    FAST("INT"),
    /** Ends at once, like a crash; the next start recovers. */
    IMMEDIATE("QUIT");

    private final String signal;

    StopMode(String signal) {
      this.signal = signal;
    }
  }

  private final PostgresInstallation installation;
  private final Map<String, String> settings;
  private final ServerUser user;
  private final Path directory;
  private final int port;
  private ChildServer server;

  private ThrowawayPostgres(Builder builder, Path directory, ServerUser user, int port) {
    this.installation = builder.installation;
    this.settings = new LinkedHashMap<>(builder.settings);
    this.user = user;
    this.directory = directory;
    this.port = port;
  }

  /** A server of this version; nothing happens before {@link Builder#start()}. */
  public static Builder builder(PostgresInstallation installation) {
    return new Builder(installation);
  }

  /** What is to be started. */
  public static final class Builder {
    private final PostgresInstallation installation;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private String user;
    private Path directory;
    private int port;

    private Builder(PostgresInstallation installation) {
      this.installation = installation;
    }

    /** A server setting, as in {@code postgres -c name=value}. */
    public Builder setting(String name, String value) {
      settings.put(name, value);
      return this;
    }

    /** Several server settings. */
    public Builder settings(Map<String, String> more) {
      settings.putAll(more);
      return this;
    }

    /** Sets {@code shared_preload_libraries}. */
    public Builder preload(String... libraries) {
      return setting("shared_preload_libraries", String.join(",", libraries));
    }

    /** The operating system's user it runs as; root only. */
    public Builder user(String name) {
      this.user = name;
      return this;
    }

    /**
     * An empty or missing directory for data and log; by default a new one among the temporary
     * files.
     */
    public Builder directory(Path dir) {
      this.directory = dir.toAbsolutePath();
      return this;
    }

    /** The TCP port; by default a free one. */
    public Builder port(int number) {
      this.port = number;
      return this;
    }

    /**
     * Creates the cluster, starts the server and returns once it accepts connections.
     *
     * @throws IllegalStateException with the server's log if it does not start
     * @throws CommandFailedException if initdb fails
     */
    public ThrowawayPostgres start() {
      ServerUser owner = user == null ? ServerUser.preferred() : ServerUser.named(user);
      int number = port == 0 ? FreePort.find() : port;
      ThrowawayPostgres postgres =
          new ThrowawayPostgres(this, createDirectory(owner), owner, number);
      try {
        new ClusterTemplate(postgres.installation, owner).copyTo(postgres.dataDir());
        postgres.launch();
        return postgres;
      } catch (RuntimeException e) {
        UnpackedArchives.deleteTree(postgres.directory);
        throw e;
      }
    }

    private Path createDirectory(ServerUser owner) {
      try {
        Path dir =
            directory == null
                ? Files.createTempDirectory("pgstitch-postgres-")
                : Files.createDirectories(directory);
        owner.own(dir);
        return dir;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot create the server's directory", e);
      }
    }
  }

  /** The TCP port on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** {@code PGDATA}; also holds the Unix socket. */
  public Path dataDir() {
    return directory.resolve("data");
  }

  /** What the server wrote to standard error, over all restarts. */
  public Path logFile() {
    return directory.resolve("server.log");
  }

  /** The version that runs. */
  public PostgresInstallation installation() {
    return installation;
  }

  /** The process id of the postmaster; another one after a restart. */
  public long postmasterPid() {
    return server.pid();
  }

  /** A JDBC URL with user and without password. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?user=" + SUPERUSER;
  }

  /** psql and pgbench for this server. */
  public PostgresClient client() {
    return new PostgresClient(PostgresInstallations.clientDir(), port, SUPERUSER);
  }

  /** Stops fast and starts on the same data and port. */
  public void restart() {
    stop(StopMode.FAST);
    start();
  }

  /** Starts again after {@link #stop}. */
  public void start() {
    if (server.isAlive()) {
      throw new IllegalStateException("the server runs already, as process " + server.pid());
    }
    launch();
  }

  /** Stops the server and waits for its end; the data stays. Does nothing if it does not run. */
  public void stop(StopMode mode) {
    server.stop(mode.signal, STOP_LIMIT);
  }

  /** Stops the server and deletes its directory. */
  @Override
  public void close() {
    try {
      stop(StopMode.FAST);
    } finally {
      UnpackedArchives.deleteTree(directory);
    }
  }

  private void launch() {
    List<String> postgres = new ArrayList<>();
    postgres.add(installation.postgres().toString());
    postgres.addAll(List.of("-D", dataDir().toString()));
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.put("port", Integer.toString(port));
    all.putIfAbsent("listen_addresses", "127.0.0.1");
    all.putIfAbsent("unix_socket_directories", dataDir().toString());
    all.forEach((name, value) -> postgres.addAll(List.of("-c", name + "=" + value)));
    server =
        ChildServer.start(
            installation.toString(),
            user.command(postgres),
            Map.of("LC_ALL", "C"),
            directory,
            logFile());
    server.awaitReady(this::acceptsConnections, START_LIMIT);
  }

  /** The postmaster writes its status as the eighth line of its pid file. */
  private boolean acceptsConnections() {
    try {
      List<String> lines =
          Files.readAllLines(dataDir().resolve("postmaster.pid"), StandardCharsets.UTF_8);
      return lines.size() >= 8
          && lines.get(0).equals(Long.toString(server.pid()))
          && lines.get(7).strip().equals("ready");
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
