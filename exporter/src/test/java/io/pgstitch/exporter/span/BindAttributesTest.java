package io.pgstitch.exporter.span;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.pgstitch.exporter.Traces;
import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import java.util.List;
import org.junit.jupiter.api.Test;

class BindAttributesTest {
  private static Bind bind(int position, String type, BindForm form, String value) {
    Bind bind = new Bind();
    bind.setPosition(position);
    bind.setTypeOid(16_400L);
    bind.setTypeName(type);
    bind.setForm(form);
    bind.setValue(value);
    bind.setReason("");
    return bind;
  }

  private static Attributes attributes(int total, Bind... binds) {
    QueryTrace trace = Traces.trace(1, 0, null);
    Span root = trace.getSpans().get(0);
    root.setBinds(List.of(binds));
    root.setBindsTotal(total);
    return SpanAttributes.of(trace, root);
  }

  private static String text(Attributes attributes, String key) {
    return attributes.get(AttributeKey.stringKey(key));
  }

  @Test
  void keysCountFromZero() {
    Attributes a = attributes(1, bind(1, "int4", BindForm.TEXT, "7"));
    assertThat(text(a, "db.query.parameter.0")).isEqualTo("7");
    assertThat(text(a, "pgstitch.bind.0.type")).isEqualTo("int4");
    assertThat(a.get(AttributeKey.longKey("pgstitch.binds_left_out"))).isNull();
  }

  @Test
  void nullIsNoTextAndLeftOutOnesAreCounted() {
    Bind none = bind(2, "text", BindForm.NONE, "");
    none.setIsNull(true);
    Attributes a = attributes(9, none);
    assertThat(text(a, "db.query.parameter.1")).isNull();
    assertThat(a.get(AttributeKey.booleanKey("pgstitch.bind.1.null"))).isTrue();
    assertThat(a.get(AttributeKey.longKey("pgstitch.binds_left_out"))).isEqualTo(8);
  }

  @Test
  void aTypeThatIsNotBuiltInIsNamedByItsOid() {
    Bind hex = bind(1, "", BindForm.HEX, "\\x01");
    hex.setReason("unknown type");
    Attributes a = attributes(1, hex);
    assertThat(text(a, "pgstitch.bind.0.type")).isEqualTo("16400");
    assertThat(text(a, "pgstitch.bind.0.undecoded")).isEqualTo("unknown type");
  }
}
