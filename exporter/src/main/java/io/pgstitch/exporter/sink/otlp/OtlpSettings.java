package io.pgstitch.exporter.sink.otlp;

import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.exporter.sink.SinkSettingsException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of an OTLP sink. Each is looked for as {@code sink.NAME.KEY}, then {@code
 * OTEL_EXPORTER_OTLP_TRACES_KEY}, then {@code OTEL_EXPORTER_OTLP_KEY}.
 *
 * @param grpc gRPC, else http/protobuf
 * @param endpoint where to; for HTTP with its path
 * @param headers added to each request
 * @param compression {@code gzip} or {@code none}
 * @param timeout for one request
 * @param certificate PEM file of the certificates to trust, when set
 * @param serviceName {@code service.name} of the traced servers
 */
record OtlpSettings(
    boolean grpc,
    String endpoint,
    Map<String, String> headers,
    String compression,
    Duration timeout,
    Optional<Path> certificate,
    String serviceName) {

  private static final Set<String> KEYS =
      Set.of(
          "endpoint",
          "headers",
          "protocol",
          "compression",
          "timeout",
          "certificate",
          "service.name");
  private static final String TRACES_PATH = "/v1/traces";
  private static final String GRPC = "grpc";
  private static final String HTTP = "http/protobuf";

  static OtlpSettings from(SinkSettings settings) {
    List<String> problems = new ArrayList<>(settings.unknown(KEYS));
    Optional<String> endpoint = find(settings, "endpoint");
    String protocol = find(settings, "protocol").orElseGet(() -> guess(endpoint));
    if (!protocol.equals(GRPC) && !protocol.equals(HTTP)) {
      problems.add("protocol '" + protocol + "' is not known: use grpc or http/protobuf");
    }
    boolean grpc = protocol.equals(GRPC);
    String compression = find(settings, "compression").orElse("gzip");
    if (!Set.of("gzip", "none").contains(compression)) {
      problems.add("compression '" + compression + "' is not known: use gzip or none");
    }
    Optional<Path> certificate = find(settings, "certificate").map(Path::of);
    certificate
        .filter(path -> !Files.isReadable(path))
        .ifPresent(path -> problems.add("certificate " + path + " cannot be read"));
    OtlpSettings found =
        new OtlpSettings(
            grpc,
            endpoint(settings, endpoint, grpc, problems),
            headers(find(settings, "headers").orElse(""), problems),
            compression,
            timeout(find(settings, "timeout").orElse("10000"), problems),
            certificate,
            settings
                .get("service.name")
                .or(() -> settings.environment("OTEL_SERVICE_NAME"))
                .orElse("postgresql"));
    if (!problems.isEmpty()) {
      throw new SinkSettingsException(settings.instance(), problems);
    }
    return found;
  }

  private static Optional<String> find(SinkSettings settings, String key) {
    String variable = key.toUpperCase(Locale.ROOT);
    return settings
        .get(key)
        .or(() -> settings.environment("OTEL_EXPORTER_OTLP_TRACES_" + variable))
        .or(() -> settings.environment("OTEL_EXPORTER_OTLP_" + variable));
  }

  /** HTTP where the endpoint is one that only HTTP has. */
  private static String guess(Optional<String> endpoint) {
    boolean http = endpoint.filter(e -> e.endsWith(TRACES_PATH) || e.endsWith(":4318")).isPresent();
    return http ? HTTP : GRPC;
  }

  private static String endpoint(
      SinkSettings settings, Optional<String> set, boolean grpc, List<String> problems) {
    String endpoint = set.orElse(grpc ? "http://localhost:4317" : "http://localhost:4318");
    URI uri;
    try {
      uri = URI.create(endpoint);
    } catch (IllegalArgumentException e) {
      problems.add("endpoint '" + endpoint + "' is no URL: " + e.getMessage());
      return endpoint;
    }
    if (uri.getHost() == null || !Set.of("http", "https").contains(uri.getScheme())) {
      problems.add("endpoint '" + endpoint + "' must be like http://host:4317");
      return endpoint;
    }
    boolean whole =
        settings.get("endpoint").isEmpty()
            && settings.environment("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").isPresent();
    if (grpc || whole || endpoint.endsWith(TRACES_PATH)) {
      return endpoint;
    }
    return endpoint.replaceFirst("/+$", "") + TRACES_PATH;
  }

  private static Map<String, String> headers(String text, List<String> problems) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        headers.put(
            pair.substring(0, equals).strip(),
            URLDecoder.decode(
                pair.substring(equals + 1).strip().replace("+", "%2B"), StandardCharsets.UTF_8));
      } else if (!pair.isBlank()) {
        problems.add("headers must be like key=value,key=value"); // a value may be a secret
      }
    }
    return headers;
  }

  private static Duration timeout(String text, List<String> problems) {
    if (text.matches("[1-9]\\d{0,8}")) {
      return Duration.ofMillis(Long.parseLong(text));
    }
    problems.add("timeout '" + text + "' is not a positive number of milliseconds");
    return Duration.ZERO;
  }
}
