package io.pgstitch.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a registry server over HTTP: the addresses in turn, beginning with the one that answered
 * last, and all of them again after a pause while none answers.
 */
final class RegistryHttp {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryHttp.class);
  private static final String JSON_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final int ROUNDS = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client;
  private final List<URI> addresses;
  private final Optional<String> authorization;
  private final Duration timeout;
  private final Duration firstPause;
  private volatile int lastGood;

  /**
   * A client.
   *
   * @param firstPause after the first round in which no address answered; it doubles each round
   */
  RegistryHttp(RegistrySettings settings, Duration firstPause) {
    this.addresses = settings.addresses();
    this.authorization = settings.authorization();
    this.timeout = settings.requestTimeout();
    this.firstPause = firstPause;
    // Redirects stay off (the default): the credentials are for the configured addresses only.
    HttpClient.Builder builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(timeout);
    settings.truststore().map(Truststore::context).ifPresent(builder::sslContext);
    this.client = builder.build();
  }

  /** What the registry said. */
  record Answer(int status, JsonNode body) {
    boolean ok() {
      return status / 100 == 2;
    }

    /** The registry's own words about an error. */
    String message() {
      String message = body.path("message").asText();
      return message.isEmpty() ? "HTTP status " + status : message;
    }
  }

  Answer get(String path) {
    return send("GET", path, null);
  }

  Answer post(String path, JsonNode body) {
    return send("POST", path, body);
  }

  Answer put(String path, JsonNode body) {
    return send("PUT", path, body);
  }

  /**
   * Sends until an address answers with something else than a server error.
   *
   * @throws SchemaRegistryException when none does, or when it refuses the credentials
   */
  private Answer send(String method, String path, JsonNode body) {
    String failure = "";
    IOException cause = null;
    Duration pause = firstPause;
    for (int round = 0; round < ROUNDS; round++) {
      if (round > 0) {
        sleep(pause);
        pause = pause.multipliedBy(2);
      }
      int first = lastGood;
      for (int i = 0; i < addresses.size(); i++) {
        int index = (first + i) % addresses.size();
        URI address = addresses.get(index);
        try {
          Answer answer = attempt(address, method, path, body);
          if (!isTemporary(answer.status)) {
            lastGood = index;
            return refuseUnauthorised(address, answer);
          }
          failure = "%s answered %d: %s".formatted(address, answer.status, answer.message());
        } catch (IOException e) {
          failure = "%s: %s".formatted(address, e);
          cause = e;
        }
        LOG.warn("schema registry {}", failure);
      }
    }
    throw new SchemaRegistryException(
        Reason.UNREACHABLE,
        "the schema registry cannot be reached after %d attempts (%s). Check %s and that the registry runs."
            .formatted(ROUNDS * addresses.size(), failure, RegistrySettings.URL),
        cause);
  }

  private Answer attempt(URI address, String method, String path, JsonNode body)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address + path))
            .timeout(timeout)
            .header("Accept", JSON_TYPE + ", application/json")
            .method(
                method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body.toString()));
    if (body != null) {
      request.header("Content-Type", JSON_TYPE);
    }
    authorization.ifPresent(value -> request.header("Authorization", value));
    try {
      HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
      return new Answer(response.statusCode(), parse(response.body()));
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static JsonNode parse(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return JSON.missingNode(); // an error page of a proxy; its status says enough
    }
  }

  private static boolean isTemporary(int status) {
    return status >= 500 || status == 429;
  }

  private Answer refuseUnauthorised(URI address, Answer answer) {
    if (answer.status == 401 || answer.status == 403) {
      throw new SchemaRegistryException(
          Reason.UNAUTHORISED,
          "the schema registry at %s refused the request (%d) %s. Check %s and the user's rights."
              .formatted(
                  address,
                  answer.status,
                  authorization.isPresent()
                      ? "with the configured credentials"
                      : "without credentials",
                  RegistrySettings.USER_INFO));
    }
    return answer;
  }

  private static void sleep(Duration pause) {
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static SchemaRegistryException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new SchemaRegistryException(
        Reason.UNREACHABLE, "interrupted while waiting for the schema registry", e);
  }
}
