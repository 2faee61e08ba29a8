package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
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
  private static final String PASSWORD = "changeit";

  @TempDir static Path dir;
  private static HttpsServer server;

  @BeforeAll
  static void startServer() throws Exception {
    keytool("-genkeypair -keyalg RSA -alias r -dname CN=127.0.0.1 -ext san=ip:127.0.0.1");
    keytool("-exportcert -rfc -alias r -file " + dir.resolve("r.pem"));
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(dir.resolve("r.p12"))) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
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
    assertThat(registry("r.pem", "PEM").byId(1)).isEqualTo(Schema.create(Schema.Type.INT));
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
    assertThatThrownBy(() -> registry("r.pem", "JKS"))
        .isInstanceOfSatisfying(
            SchemaRegistryException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.MISCONFIGURED))
        .hasMessageContaining("r.pem")
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
    config.put("schema.registry.ssl.truststore.password", PASSWORD);
    return registry(config);
  }

  private static RestSchemaRegistry registry(Map<String, Object> config) {
    return new RestSchemaRegistry(config, Duration.ofMillis(1), InstantSource.system());
  }

  private static Map<String, Object> config() {
    String url = "https://127.0.0.1:" + server.getAddress().getPort();
    return new HashMap<>(Map.of("schema.registry.url", url));
  }

  private static void keytool(String arguments) throws Exception {
    String command =
        "%s/bin/keytool %s -keystore %s -storetype PKCS12 -storepass %s"
            .formatted(System.getProperty("java.home"), arguments, dir.resolve("r.p12"), PASSWORD);
    Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }
}
