package io.pgstitch.exporter.span;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import io.pgstitch.schema.Span;

/**
 * Bind values as {@code db.query.parameter.KEY}, the key counted from 0 as OpenTelemetry's
 * convention for parameters without a name wants it; what else is known of them as {@code
 * pgstitch.bind.KEY.*}.
 */
final class BindAttributes {
  private BindAttributes() {}

  static void put(AttributeList to, Span span) {
    if (span.getBinds() == null) {
      return;
    }
    span.getBinds().forEach(bind -> put(to, bind));
    int total = span.getBindsTotal();
    if (total >= 0 && total != span.getBinds().size()) {
      to.put("pgstitch.binds_left_out", total - span.getBinds().size());
    } else if (total < 0) {
      to.put("pgstitch.binds_incomplete", true);
    }
  }

  private static void put(AttributeList to, Bind bind) {
    String key = Integer.toString(bind.getPosition() - 1);
    String more = "pgstitch.bind." + key + ".";
    if (bind.getForm() != BindForm.NONE) {
      to.put("db.query.parameter." + key, bind.getValue());
    }
    to.put(
        more + "type",
        bind.getTypeName().isEmpty() ? Long.toString(bind.getTypeOid()) : bind.getTypeName());
    to.put(more + "type_oid", bind.getTypeOid());
    if (bind.getIsNull()) {
      to.put(more + "null", true);
    }
    if (bind.getCut()) {
      to.put(more + "cut", true);
      to.put(more + "length", bind.getLength());
    }
    if (!bind.getReason().isEmpty()) {
      to.put(more + "undecoded", bind.getReason());
    }
  }
}
