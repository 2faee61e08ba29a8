package io.pgstitch.collector.mask;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import org.junit.jupiter.api.Test;

/** What stays of settings, binds and errors, and how texts that look the same are told apart. */
class LiteralMaskTest {
  private final LiteralMask mask = new LiteralMask();

  private String setting(String name, String value, boolean accepted) {
    return new String(mask.setting(name.getBytes(UTF_8), value.getBytes(UTF_8), accepted), UTF_8);
  }

  @Test
  void settingsKeepWhatIsNoData() {
    String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assertThat(setting("pgstitch.Level", "12", true)).isEqualTo("12");
    assertThat(setting("pgstitch.level", "secret", false)).isEqualTo("?");
    assertThat(setting("pgstitch.traceparent", parent, true)).isEqualTo(parent);
    assertThat(setting("pgstitch.traceparent", "secret", true)).isEqualTo("?");
    assertThat(setting("pgstitch.other", "secret", true)).isEqualTo("?");
    assertThat(setting("application_name", "app", true)).isEqualTo("app");
    assertThat(setting("pgstitch.level", "", true)).isEmpty();
  }

  @Test
  void aBindKeepsTypeAndLength() {
    Bind bind = new Bind();
    bind.setTypeName("text");
    bind.setForm(BindForm.TEXT);
    bind.setValue("secret");
    bind.setLength(6L);
    bind.setReason("");
    assertThat(mask.bind(bind))
        .returns("text", Bind::getTypeName)
        .returns(6L, Bind::getLength)
        .returns(BindForm.NONE, Bind::getForm)
        .returns("", Bind::getValue)
        .returns("masked", Bind::getReason);
    Bind none = new Bind();
    none.setIsNull(true);
    none.setReason("");
    assertThat(mask.bind(none).getReason()).isEmpty();
  }

  @Test
  void ofATextInWhichAPieceIsMissingNothingIsShown() {
    byte[] text = "secret' from t".getBytes(UTF_8);
    MaskedSql masked = mask.sql(text, true);
    assertThat(masked.bytes()).isEqualTo("?".getBytes(UTF_8));
    assertThat(masked.offset(9)).isEqualTo(1);
  }

  @Test
  void identitiesFollowTheTextAndTheKey() {
    byte[] one = "select 1".getBytes(UTF_8);
    byte[] two = "select 2".getBytes(UTF_8);
    assertThat(mask.identity(one)).isEqualTo(mask.identity(one)).isNotEqualTo(mask.identity(two));
    assertThat(mask.identity(one)).isNotEqualTo(new LiteralMask().identity(one));
    assertThat(new String(mask.message("secret".getBytes(UTF_8)), UTF_8)).isEqualTo("?");
    assertThat(mask.message(new byte[0])).isEmpty();
  }
}
