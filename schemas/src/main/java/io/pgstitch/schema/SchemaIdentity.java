package io.pgstitch.schema;

import org.apache.avro.Schema;

/** A schema object as a map key: comparing whole schemas for each record would cost too much. */
final class SchemaIdentity {
  private final Schema schema;

  SchemaIdentity(Schema schema) {
    this.schema = schema;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // the point of this class
  public boolean equals(Object other) {
    return other instanceof SchemaIdentity that && that.schema == schema;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(schema);
  }
}
