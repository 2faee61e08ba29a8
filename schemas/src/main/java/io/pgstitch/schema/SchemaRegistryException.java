package io.pgstitch.schema;

/** A schema could not be registered or found. The message names cause and remedy. */
public final class SchemaRegistryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, for callers that must tell an outage from a foreign record. */
  public enum Reason {
    /** No registry answered in time, or all answered with server errors. Trying later may help. */
    UNREACHABLE,
    /** The registry refused the credentials, or refused what was asked with them. */
    UNAUTHORISED,
    /** The registry holds a version with which the schema is not compatible. */
    INCOMPATIBLE,
    /** No schema has the id: the record was written by something else, or to another registry. */
    UNKNOWN_ID,
    /** The id is that of something that is not an Avro schema. */
    FOREIGN_SCHEMA,
    /** The schema is not known and must not or cannot be registered. */
    UNKNOWN_SCHEMA,
    /** The settings make no sense. */
    MISCONFIGURED,
    /** The registry answered something that is not in its interface. */
    UNEXPECTED_ANSWER
  }

  private final Reason reason;

  public SchemaRegistryException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public SchemaRegistryException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }
}
