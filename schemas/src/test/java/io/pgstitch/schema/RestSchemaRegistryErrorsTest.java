package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What happens when a registry server answers with an error, or not at all. */
class RestSchemaRegistryErrorsTest {
  private static final String SUBJECT = "pgstitch.control-value";
  private static final Schema SCHEMA = ControlCommand.getClassSchema();
  private static final String UNUSED = unusedAddress();

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);

  @Test
  void nobodyListens() {
    var registry = registry(UNUSED);
    assertThatThrownBy(() -> registry.idOf(SUBJECT, SCHEMA))
        .isInstanceOfSatisfying(SchemaRegistryException.class, is(Reason.UNREACHABLE))
        .hasMessageContaining(UNUSED)
        .hasMessageContaining("schema.registry.url");
  }

  @Test
  void theNextAddressIsAskedWhenOneDoesNotListen() throws IOException {
    try (var server = new ScriptedServer(200, "{\"id\":7}")) {
      var registry = registry(UNUSED + "," + server.url());
      assertThat(registry.idOf(SUBJECT, SCHEMA)).isEqualTo(7);
      assertThat(server.requests()).containsExactly("POST /subjects/pgstitch.control-value");
    }
  }

  @Test
  void theNextAddressIsAskedWhenOneAnswersWithAServerError() throws IOException {
    try (var broken = new ScriptedServer(503, "");
        var server = new ScriptedServer(200, "{\"id\":7}")) {
      var registry = registry(broken.url() + "," + server.url());
      assertThat(registry.idOf(SUBJECT, SCHEMA)).isEqualTo(7);
      assertThat(registry.idOf("another-value", SCHEMA)).isEqualTo(7);
      assertThat(broken.requests()).hasSize(1); // the one that answered is asked first from now on
    }
  }

  @Test
  void aServerErrorIsRetriedAFewTimesOnly() throws IOException {
    try (var server =
        new ScriptedServer(500, "{\"error_code\":50001,\"message\":\"store is down\"}")) {
      var registry = registry(server.url());
      assertFails(() -> registry.idOf(SUBJECT, SCHEMA), Reason.UNREACHABLE, "store is down");
      assertThat(server.requests()).hasSize(4);
    }
  }

  @Test
  void aServerThatDoesNotAnswerInTimeIsUnreachable() throws IOException {
    try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Map<String, Object> config = config("http://127.0.0.1:" + silent.getLocalPort());
      config.put("schema.registry.request.timeout.ms", 50);
      assertFails(() -> registry(config).byId(1), Reason.UNREACHABLE, "timed out");
    }
  }

  @Test
  void refusedCredentialsAreNotRetriedAndNotShown() throws IOException {
    try (var server =
        new ScriptedServer(401, "{\"error_code\":401,\"message\":\"Unauthorized\"}")) {
      Map<String, Object> config = config(server.url());
      config.put("basic.auth.user.info", "user:s3cret");
      assertThatThrownBy(() -> registry(config).idOf(SUBJECT, SCHEMA))
          .isInstanceOfSatisfying(SchemaRegistryException.class, is(Reason.UNAUTHORISED))
          .hasMessageContaining("basic.auth.user.info")
          .hasMessageNotContaining("s3cret");
      assertThat(server.authorizations()).containsExactly("Basic dXNlcjpzM2NyZXQ=");
    }
  }

  @Test
  void anUnknownIdIsRememberedForAWhile() throws IOException {
    try (var server = new ScriptedServer(404, "{\"error_code\":40403,\"message\":\"none\"}")) {
      var registry = registry(server.url());
      for (int i = 0; i < 3; i++) {
        assertFails(() -> registry.byId(99), Reason.UNKNOWN_ID, "id 99");
      }
      assertThat(server.requests()).hasSize(1);
      now.set(now.get().plusSeconds(31));
      assertFails(() -> registry.byId(99), Reason.UNKNOWN_ID, "id 99");
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void aSchemaIsFetchedOnce() throws IOException {
    try (var server = new ScriptedServer(200, "{\"schema\":\"\\\"int\\\"\"}")) {
      var registry = registry(server.url());
      assertThat(registry.byId(3)).isEqualTo(Schema.create(Schema.Type.INT));
      assertThat(registry.byId(3)).isSameAs(registry.byId(3));
      assertThat(server.requests()).containsExactly("GET /schemas/ids/3");
    }
  }

  @Test
  void aProtobufSchemaIsForeign() throws IOException {
    try (var server =
        new ScriptedServer(200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"message M {}\"}")) {
      var registry = registry(server.url());
      assertFails(() -> registry.byId(3), Reason.FOREIGN_SCHEMA, "PROTOBUF");
    }
  }

  @Test
  void aWebServerThatIsNoRegistryIsSaidToBeNone() throws IOException {
    try (var server = new ScriptedServer(200, "<html>hello</html>")) {
      var registry = registry(server.url());
      assertFails(() -> registry.idOf(SUBJECT, SCHEMA), Reason.UNEXPECTED_ANSWER, "ccompat");
    }
  }

  @Test
  void aRedirectIsNotFollowedWithTheCredentials() throws IOException {
    try (var server = new ScriptedServer(302, "")) {
      var registry = registry(server.url());
      assertFails(() -> registry.byId(1), Reason.UNEXPECTED_ANSWER, "302");
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void withoutAutoRegistrationAnUnknownSchemaIsAnError() throws IOException {
    try (var server = new ScriptedServer(404, "{\"error_code\":40401,\"message\":\"none\"}")) {
      Map<String, Object> config = config(server.url());
      config.put("auto.register.schemas", "false");
      assertFails(
          () -> registry(config).idOf(SUBJECT, SCHEMA),
          Reason.UNKNOWN_SCHEMA,
          "auto.register.schemas");
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void anOutageDoesNotMakeARecordForeign() {
    try (var reader = new AvroDeserializer<>(ControlCommand.class, registry(UNUSED))) {
      assertThatThrownBy(() -> reader.deserialize(Topics.CONTROL, new byte[] {0, 0, 0, 0, 1, 0}))
          .isInstanceOf(SchemaRegistryException.class)
          .isNotInstanceOf(SerializationException.class);
    }
  }

  private RestSchemaRegistry registry(String url) {
    return registry(config(url));
  }

  private RestSchemaRegistry registry(Map<String, Object> config) {
    return new RestSchemaRegistry(config, Duration.ofMillis(1), now::get);
  }

  private static Map<String, Object> config(String url) {
    return new HashMap<>(Map.of("schema.registry.url", url));
  }

  private static void assertFails(ThrowingCallable call, Reason reason, String words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(SchemaRegistryException.class, is(reason))
        .hasMessageContaining(words);
  }

  private static Consumer<SchemaRegistryException> is(Reason reason) {
    return e -> assertThat(e.reason()).isEqualTo(reason);
  }

  private static String unusedAddress() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "http://127.0.0.1:" + socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
