package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.config.types.Password;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RegistrySettingsTest {
  @Test
  void severalAddressesAreSeparatedByCommas() {
    assertThat(settings("schema.registry.url", " http://a:8081/ ,https://b/x ").addresses())
        .containsExactly(URI.create("http://a:8081"), URI.create("https://b/x"));
  }

  @Test
  void anAddressWithoutSchemeIsRefused() {
    assertMisconfigured(
        () -> settings("schema.registry.url", "registry:8081").addresses(), "registry:8081");
  }

  @Test
  void credentialsInAnAddressAreRefusedAndNotShown() {
    assertThatThrownBy(
            () -> settings("schema.registry.url", "http://u:s3cret@registry").addresses())
        .hasMessageContaining("basic.auth.user.info")
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void anAddressThatIsNoUrlIsRefusedAndNotShown() {
    assertThatThrownBy(() -> settings("schema.registry.url", "http://u:s3 cret@r").addresses())
        .isInstanceOf(SchemaRegistryException.class)
        .hasMessageNotContaining("s3 cret")
        .hasNoCause();
  }

  @Test
  void userAndPasswordBecomeAHeader() {
    assertThat(settings("basic.auth.user.info", "user:pass").authorization())
        .contains("Basic dXNlcjpwYXNz");
    assertThat(settings("basic.auth.user.info", new Password("user:pass")).authorization())
        .contains("Basic dXNlcjpwYXNz");
  }

  @Test
  void aUserWithoutPasswordIsRefusedAndNotShown() {
    assertThatThrownBy(() -> settings("basic.auth.user.info", "t0ken").authorization())
        .hasMessageContaining("user:password")
        .hasMessageNotContaining("t0ken");
  }

  @Test
  void anotherSourceOfCredentialsIsRefused() {
    assertMisconfigured(
        () -> settings("basic.auth.credentials.source", "SASL_INHERIT").authorization(),
        "USER_INFO");
  }

  @Test
  void aSourceWithoutCredentialsIsRefused() {
    assertMisconfigured(
        () -> settings("basic.auth.credentials.source", "USER_INFO").authorization(),
        "basic.auth.user.info");
  }

  @Test
  void schemasAreRegisteredUnlessSwitchedOff() {
    assertThat(settings("other", "x").autoRegister()).isTrue();
    assertThat(settings("auto.register.schemas", "false").autoRegister()).isFalse();
    assertThat(settings("auto.register.schemas", false).autoRegister()).isFalse();
    assertMisconfigured(() -> settings("auto.register.schemas", "no").autoRegister(), "'no'");
  }

  @Test
  void theTimeoutIsInMilliseconds() {
    assertThat(settings("schema.registry.request.timeout.ms", 250).requestTimeout())
        .isEqualTo(Duration.ofMillis(250));
    assertMisconfigured(
        () -> settings("schema.registry.request.timeout.ms", "0").requestTimeout(), "'0'");
    assertMisconfigured(
        () -> settings("schema.registry.request.timeout.ms", "10s").requestTimeout(), "'10s'");
  }

  private static RegistrySettings settings(String key, Object value) {
    return new RegistrySettings(Map.of(key, value));
  }

  private static void assertMisconfigured(ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SchemaRegistryException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.MISCONFIGURED))
        .hasMessageContaining(reason);
  }
}
