package io.pgstitch.schema;

import org.apache.avro.Schema;

/**
 * Where the numbers in front of Avro records get their meaning. Implementations are safe for use by
 * several threads and answer repeated questions from memory.
 */
public interface SchemaRegistry extends AutoCloseable {
  /**
   * The id under which a schema is known, registering it when it is new and the registry may do so.
   *
   * @param subject name under which versions of the schema are kept, see {@link Topics#subjectOf}
   * @throws SchemaRegistryException naming cause and remedy
   */
  int idOf(String subject, Schema schema);

  /**
   * The schema with which a record was written.
   *
   * @throws SchemaRegistryException naming cause and remedy; its reason is {@link
   *     SchemaRegistryException.Reason#UNKNOWN_ID} when the registry answered that there is none
   */
  Schema byId(int id);

  /** Releases connections. Does not throw. */
  @Override
  void close();
}
