package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.pgstitch.schema.SchemaRegistryException.Reason;
import io.pgstitch.testkit.SelfSigned;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.apache.avro.Schema;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry behind TLS with a certificate that the JVM does not know. */
class RegistryTlsTest {
  @TempDir static Path dir;
  private static SelfSigned certificate;
  private static HttpsServer server;

  @BeforeAll
  static void startServer() throws Exception {
    certificate = SelfSigned.in(dir);
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(certificate.keyStore(), SelfSigned.PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "{\"schema\":\"\\\"int\\\"\"}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterAll
  static void stopServer() {
    server.stop(0);
  }

  @Test
  void aCertificateInAPemFileIsTrusted() {
    assertThat(registry("self-signed.pem", "PEM").byId(1))
        .isEqualTo(Schema.create(Schema.Type.INT));
  }

  @Test
  void anUnknownCertificateIsNotTrusted() {
    Map<String, Object> config = config();
    assertThatThrownBy(() -> registry(config).byId(1))
        .isInstanceOf(SchemaRegistryException.class)
        .hasMessageContaining("SSLHandshakeException");
  }

  @Test
  void aFileThatIsNoTruststoreIsNamed() {
    assertThatThrownBy(() -> registry("self-signed.pem", "JKS"))
        .isInstanceOfSatisfying(
            SchemaRegistryException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.MISCONFIGURED))
        .hasMessageContaining("self-signed.pem")
        .hasMessageContaining("schema.registry.ssl.truststore.type");
  }

  @Test
  void aTruststoreThatIsMissingIsNamed() {
    assertThatThrownBy(() -> registry("missing.p12", "PKCS12"))
        .isInstanceOf(SchemaRegistryException.class)
        .hasMessageContaining("missing.p12");
  }

  private static RestSchemaRegistry registry(String file, String type) {
    Map<String, Object> config = config();
    config.put("schema.registry.ssl.truststore.location", dir.resolve(file).toString());
    config.put("schema.registry.ssl.truststore.type", type);
    config.put("schema.registry.ssl.truststore.password", SelfSigned.PASSWORD);
    return registry(config);
  }

  private static RestSchemaRegistry registry(Map<String, Object> config) {
    return new RestSchemaRegistry(config, Duration.ofMillis(1), InstantSource.system());
  }

  private static Map<String, Object> config() {
    String url = "https://127.0.0.1:" + server.getAddress().getPort();
    return new HashMap<>(Map.of("schema.registry.url", url));
  }
}
