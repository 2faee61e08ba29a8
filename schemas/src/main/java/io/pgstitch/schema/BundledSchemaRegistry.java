package io.pgstitch.schema;

import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * A registry without a server: knows every schema version that was committed when this build was
 * made, see {@link SchemaHistory}. The id of a schema follows from its CRC-64-AVRO fingerprint, so
 * processes of different builds agree on it. Used when {@code schema.registry.url} is not set.
 *
 * <p>Subjects do not matter here: a schema has the same id in every topic. Versions that differ in
 * docs or defaults only are the same to a reader of their records and share an id.
 */
public final class BundledSchemaRegistry implements SchemaRegistry {
  // Computing a fingerprint walks the whole schema; keyed by identity because Schema.equals does.
  private final Map<SchemaIdentity, Integer> ids = new ConcurrentHashMap<>();

  private final Supplier<List<Schema>> all;
  private final Function<String, Optional<Schema>> newest;
  private Map<Integer, Schema> known;

  /**
   * A registry of all committed versions of all topics' schemas. They are read when one is asked
   * for: to write, a process needs the newest version of one subject alone.
   */
  public BundledSchemaRegistry() {
    this(
        () ->
            Topics.withSchema().stream()
                .flatMap(topic -> SchemaHistory.versionsOf(Topics.subjectOf(topic)).stream())
                .toList(),
        SchemaHistory::newestOf);
  }

  BundledSchemaRegistry(List<Schema> schemas) {
    this(() -> schemas, subject -> Optional.empty());
  }

  private BundledSchemaRegistry(
      Supplier<List<Schema>> all, Function<String, Optional<Schema>> newest) {
    this.all = all;
    this.newest = newest;
  }

  private synchronized Map<Integer, Schema> byId() {
    if (known == null) {
      Map<Integer, Schema> byId = new HashMap<>();
      for (Schema schema : all.get()) {
        add(schema, byId);
      }
      known = Map.copyOf(byId);
    }
    return known;
  }

  private static void add(Schema schema, Map<Integer, Schema> byId) {
    Schema other = byId.putIfAbsent(fingerprintId(schema), schema);
    if (other != null && !hasForm(other, SchemaNormalization.toParsingForm(schema))) {
      throw new IllegalStateException(
          "two committed schemas share the id %d: %s and %s. Reword one of them, e.g. the name of a field."
              .formatted(fingerprintId(schema), other.getFullName(), schema.getFullName()));
    }
  }

  @Override
  public int idOf(String subject, Schema schema) {
    return ids.computeIfAbsent(new SchemaIdentity(schema), identity -> find(subject, schema));
  }

  private int find(String subject, Schema schema) {
    String form = SchemaNormalization.toParsingForm(schema);
    int id = fingerprintId(form);
    if (newest.apply(subject).filter(version -> hasForm(version, form)).isPresent()) {
      return id;
    }
    Schema committed = byId().get(id);
    if (committed == null || !hasForm(committed, form)) {
      throw new SchemaRegistryException(
          Reason.UNKNOWN_SCHEMA,
          "the schema of %s (for subject %s) is not among the versions committed in schema-history. Add it as a new version, or set schema.registry.url to use a registry server."
              .formatted(schema.getFullName(), subject));
    }
    return id;
  }

  @Override
  public Schema byId(int id) {
    Schema schema = byId().get(id);
    if (schema == null) {
      throw new SchemaRegistryException(
          Reason.UNKNOWN_ID,
          "no schema of this build has the id %d. The record was written by a newer pgstitch (update this one), with a registry server (set schema.registry.url here too), or by something else."
              .formatted(id));
    }
    return schema;
  }

  @Override
  public void close() {}

  /** A positive number that follows from the schema's canonical form. */
  static int fingerprintId(Schema schema) {
    return fingerprintId(SchemaNormalization.toParsingForm(schema));
  }

  private static int fingerprintId(String form) {
    long crc = SchemaNormalization.fingerprint64(form.getBytes(StandardCharsets.UTF_8));
    int folded = (int) (crc ^ (crc >>> 32)) & Integer.MAX_VALUE;
    return Math.max(folded, 1);
  }

  /** Whether it is the same to readers as all schemas of a canonical form. */
  private static boolean hasForm(Schema schema, String form) {
    return SchemaNormalization.toParsingForm(schema).equals(form);
  }
}
