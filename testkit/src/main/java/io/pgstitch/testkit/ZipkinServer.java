package io.pgstitch.testkit;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real Zipkin with an in-memory store, as a process of its own on a free port of 127.0.0.1. */
public final class ZipkinServer implements AutoCloseable {
  private static final String VERSION = "3.6.1";

  private final JavaServer server;
  private final int port;

  private ZipkinServer(JavaServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts a Zipkin and returns once it is healthy, after some 5 s.
   *
   * @throws IllegalStateException with its log if it does not start
   */
  public static ZipkinServer start() {
    Path jar = BuildArtifacts.named("servers", "zipkin-server-" + VERSION);
    int port = FreePort.find();
    URI health = URI.create("http://127.0.0.1:" + port + "/health");
    List<String> options = List.of("-Xmx256m", "-XX:+UseSerialGC");
    Map<String, String> environment =
        Map.of("QUERY_PORT", Integer.toString(port), "STORAGE_TYPE", "mem");
    return new ZipkinServer(JavaServer.start("zipkin", jar, options, environment, health), port);
  }

  /** Where the UI and {@code /api/v2} are. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Stops Zipkin; what it held is gone. */
  @Override
  public void close() {
    server.close();
  }
}
