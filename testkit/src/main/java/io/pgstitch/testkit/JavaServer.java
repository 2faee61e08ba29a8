package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Somebody else's server, run from its jar as a process of its own and asked over HTTP whether it
 * is healthy.
 */
final class JavaServer implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  private final ChildServer server;
  private final Path directory;

  private JavaServer(ChildServer server, Path directory) {
    this.server = server;
    this.directory = directory;
  }

  /**
   * Starts {@code java OPTIONS -jar JAR} and returns once {@code health} answers 200.
   *
   * @throws IllegalStateException with the server's log if that does not happen
   */
  static JavaServer start(
      String name, Path jar, List<String> options, Map<String, String> environment, URI health) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-jar", jar.toString()));
    try {
      Path directory = Files.createTempDirectory("pgstitch-" + name + "-");
      ChildServer server =
          ChildServer.start(name, command, environment, directory, directory.resolve("server.log"));
      JavaServer started = new JavaServer(server, directory);
      server.awaitReady(() -> answersOk(health), START_LIMIT);
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create a directory for " + name, e);
    }
  }

  /** Stops the server and deletes its files. */
  @Override
  public void close() {
    try {
      server.stop("TERM", STOP_LIMIT);
    } finally {
      UnpackedArchives.deleteTree(directory);
    }
  }

  private static boolean answersOk(URI uri) {
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException notYet) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
