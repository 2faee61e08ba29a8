package io.pgstitch.schema;

import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.types.Password;

/**
 * Settings of a registry server, named as Confluent's clients name them.
 *
 * <ul>
 *   <li>{@code schema.registry.url}: addresses, separated by commas; the first that answers is used
 *   <li>{@code basic.auth.user.info}: {@code user:password}; {@code basic.auth.credentials.source}
 *       may be {@code USER_INFO} only
 *   <li>{@code auto.register.schemas}: {@code true} (default) to register what is new
 *   <li>{@code schema.registry.ssl.truststore.location}, {@code .password}, {@code .type} ({@code
 *       PKCS12}, {@code JKS} or {@code PEM}): certificates to trust instead of the JVM's
 *   <li>{@code schema.registry.request.timeout.ms}: of one attempt, 10000 by default
 * </ul>
 */
final class RegistrySettings {
  static final String URL = "schema.registry.url";
  static final String USER_INFO = "basic.auth.user.info";
  static final String CREDENTIALS_SOURCE = "basic.auth.credentials.source";
  static final String AUTO_REGISTER = "auto.register.schemas";
  static final String TRUSTSTORE_LOCATION = "schema.registry.ssl.truststore.location";
  static final String TRUSTSTORE_PASSWORD = "schema.registry.ssl.truststore.password";
  static final String TRUSTSTORE_TYPE = "schema.registry.ssl.truststore.type";
  static final String REQUEST_TIMEOUT = "schema.registry.request.timeout.ms";

  private final Map<String, ?> config;

  RegistrySettings(Map<String, ?> config) {
    this.config = config;
  }

  /** Addresses, at least one, none with a slash at its end. */
  List<URI> addresses() {
    List<URI> addresses =
        Arrays.stream(text(URL).orElse("").split(",", -1))
            .map(String::strip)
            .filter(address -> !address.isEmpty())
            .map(RegistrySettings::address)
            .toList();
    if (addresses.isEmpty()) {
      throw misconfigured(URL + " names no address, expected e.g. http://registry:8081");
    }
    return addresses;
  }

  private static URI address(String text) {
    URI uri;
    try {
      uri = URI.create(text.replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      // The text may hold a password: neither it nor the exception, which quotes it, is shown.
      throw misconfigured(URL + " holds an address that is not a URL");
    }
    if (uri.getRawUserInfo() != null) {
      throw misconfigured(URL + " holds credentials; move them to " + USER_INFO);
    }
    boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!http || uri.getHost() == null) {
      throw misconfigured(URL + " holds '" + text + "', expected e.g. http://registry:8081");
    }
    return uri;
  }

  /** Value of the Authorization header. */
  Optional<String> authorization() {
    String source = text(CREDENTIALS_SOURCE).orElse("USER_INFO");
    if (!source.equals("USER_INFO")) {
      throw misconfigured(
          CREDENTIALS_SOURCE
              + " is '"
              + source
              + "', only USER_INFO is supported; set "
              + USER_INFO);
    }
    Optional<String> userInfo = text(USER_INFO);
    if (userInfo.isEmpty()) {
      if (config.containsKey(CREDENTIALS_SOURCE)) {
        throw misconfigured(CREDENTIALS_SOURCE + " is USER_INFO but " + USER_INFO + " is not set");
      }
      return Optional.empty();
    }
    if (userInfo.get().indexOf(':') < 0) {
      throw misconfigured(USER_INFO + " has no colon, expected user:password");
    }
    byte[] bytes = userInfo.get().getBytes(StandardCharsets.UTF_8);
    return Optional.of("Basic " + Base64.getEncoder().encodeToString(bytes));
  }

  /** Whether new schemas are registered. */
  boolean autoRegister() {
    String value = text(AUTO_REGISTER).orElse("true");
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw misconfigured(AUTO_REGISTER + " is '" + value + "', expected true or false");
    };
  }

  /** The file with certificates to trust, when one is set. */
  Optional<Truststore> truststore() {
    return text(TRUSTSTORE_LOCATION)
        .map(
            location ->
                new Truststore(
                    Path.of(location),
                    text(TRUSTSTORE_TYPE).orElse("PKCS12"),
                    text(TRUSTSTORE_PASSWORD).map(String::toCharArray).orElse(null)));
  }

  /** How long one attempt may take. */
  Duration requestTimeout() {
    String value = text(REQUEST_TIMEOUT).orElse("10000");
    try {
      long millis = Long.parseLong(value);
      if (millis > 0) {
        return Duration.ofMillis(millis);
      }
    } catch (NumberFormatException e) {
      // reported below, as a number out of range is
    }
    throw misconfigured(REQUEST_TIMEOUT + " is '" + value + "', expected milliseconds, at least 1");
  }

  private Optional<String> text(String key) {
    Object value = config.get(key);
    if (value == null) {
      return Optional.empty();
    }
    String text = value instanceof Password password ? password.value() : value.toString();
    return Optional.of(text.strip()).filter(t -> !t.isEmpty());
  }

  private static SchemaRegistryException misconfigured(String message) {
    return new SchemaRegistryException(Reason.MISCONFIGURED, message);
  }
}
