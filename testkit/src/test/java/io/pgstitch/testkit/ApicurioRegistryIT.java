package io.pgstitch.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ApicurioRegistryIT {
  private static final String SCHEMA = "{\"schema\": \"{\\\"type\\\": \\\"string\\\"}\"}";
  private static ApicurioRegistry registry;

  @BeforeAll
  static void start() {
    registry = ApicurioRegistry.start();
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @Test
  void registeredSchemaIsFoundByItsId() throws Exception {
    HttpResponse<String> registered = post("/subjects/found-value/versions", SCHEMA);
    assertThat(registered.statusCode()).isEqualTo(200);
    String id = registered.body().replaceAll("\\D", "");
    assertThat(get("/schemas/ids/" + id)).contains("string");
  }

  @Test
  void unreadableSchemaIsRefused() throws Exception {
    assertThat(
            post("/subjects/bad-value/versions", "{\"schema\": \"{\\\"type\\\": \\\"strong\\\"}\"}")
                .statusCode())
        .isEqualTo(422);
  }

  private static String get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(registry.url() + path)).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(registry.url() + path))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }
}
