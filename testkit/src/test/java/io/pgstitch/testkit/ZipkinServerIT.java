package io.pgstitch.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ZipkinServerIT {
  private static final String TRACE = "463ac35c9f6413ad48485a3953bb6124";

  @Test
  void postedSpanIsFoundByItsTraceId() throws Exception {
    try (ZipkinServer zipkin = ZipkinServer.start()) {
      String span =
          "[{\"traceId\":\"" + TRACE + "\",\"id\":\"48485a3953bb6124\",\"name\":\"select\"}]";
      HttpRequest post =
          HttpRequest.newBuilder(URI.create(zipkin.url() + "/api/v2/spans"))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(span))
              .build();
      HttpClient client = HttpClient.newHttpClient();
      assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(202);
      assertThat(findTrace(client, zipkin)).contains("\"name\":\"select\"");
    }
  }

  /** Zipkin stores after it has answered, so asks until the trace is there. */
  private static String findTrace(HttpClient client, ZipkinServer zipkin) throws Exception {
    HttpRequest get =
        HttpRequest.newBuilder(URI.create(zipkin.url() + "/api/v2/trace/" + TRACE)).build();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    HttpResponse<String> answer = client.send(get, HttpResponse.BodyHandlers.ofString());
    while (answer.statusCode() != 200 && System.nanoTime() < deadline) {
      Thread.sleep(50);
      answer = client.send(get, HttpResponse.BodyHandlers.ofString());
    }
    return answer.body();
  }
}
