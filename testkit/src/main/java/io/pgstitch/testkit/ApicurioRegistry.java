package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A real Apicurio registry with an empty in-memory store, as a process of its own on a free port of
 * 127.0.0.1.
 */
public final class ApicurioRegistry implements AutoCloseable {
  private static final String VERSION = "2.6.13.Final";

  private final JavaServer server;
  private final int port;

  private ApicurioRegistry(JavaServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts a registry and returns once it is ready, after some 4 s. The first start unpacks it.
   *
   * @throws IllegalStateException with its log if it does not start
   */
  public static ApicurioRegistry start() {
    Path archive = BuildArtifacts.named("servers", "apicurio-registry-app-" + VERSION);
    Path home = UnpackedArchives.of(archive, "apicurio-registry-" + VERSION);
    int port = FreePort.find();
    List<String> options =
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=" + port,
            "-Dquarkus.log.level=WARN");
    URI health = URI.create("http://127.0.0.1:" + port + "/health/ready");
    return new ApicurioRegistry(
        JavaServer.start("apicurio-registry", runner(home), options, Map.of(), health), port);
  }

  /** Its API that is compatible with Confluent's registry, for {@code schema.registry.url}. */
  public String url() {
    return "http://127.0.0.1:" + port + "/apis/ccompat/v7";
  }

  /** Stops the registry; what it held is gone. */
  @Override
  public void close() {
    server.close();
  }

  private static Path runner(Path home) {
    try (Stream<Path> files = Files.list(home)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith("-runner.jar"))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "no -runner.jar in " + home + "; delete that directory"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
