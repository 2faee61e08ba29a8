package io.pgstitch.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.pgstitch.schema.RegistryHttp.Answer;
import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/**
 * A registry server with the REST interface of Confluent's (Confluent, Apicurio's {@code ccompat},
 * Karapace, Redpanda). Settings: {@link RegistrySettings}.
 *
 * <p>Before it registers the first version of a subject it sets the subject's compatibility to
 * BACKWARD, since servers differ in their default. What an operator has set stays.
 */
public final class RestSchemaRegistry implements SchemaRegistry {
  private static final Duration UNKNOWN_ID_MEMORY = Duration.ofSeconds(30);
  private static final int MOST_UNKNOWN_IDS = 10_000;

  private final RegistryHttp http;
  private final boolean autoRegister;
  private final InstantSource time;
  private final Map<Subject, Integer> ids = new ConcurrentHashMap<>();
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();
  // So that a topic full of foreign records does not mean a request for each of them.
  private final Map<Integer, Instant> unknownIds = new ConcurrentHashMap<>();

  /**
   * A client with the given settings. Does not connect yet.
   *
   * @throws SchemaRegistryException with reason MISCONFIGURED
   */
  public RestSchemaRegistry(Map<String, ?> config) {
    this(config, Duration.ofMillis(200), InstantSource.system());
  }

  RestSchemaRegistry(Map<String, ?> config, Duration firstPause, InstantSource time) {
    RegistrySettings settings = new RegistrySettings(config);
    this.http = new RegistryHttp(settings, firstPause);
    this.autoRegister = settings.autoRegister();
    this.time = time;
  }

  private record Subject(String name, SchemaIdentity schema) {}

  @Override
  public int idOf(String subject, Schema schema) {
    Subject key = new Subject(subject, new SchemaIdentity(schema));
    Integer id = ids.get(key);
    if (id == null) {
      id = lookUpOrRegister(subject, schema);
      ids.put(key, id);
    }
    return id;
  }

  private int lookUpOrRegister(String subject, Schema schema) {
    Answer found = http.post(pathOf(subject), body(schema));
    if (found.ok()) {
      return idIn(found);
    }
    if (found.status() != 404) {
      throw unexpected("look up the schema of subject " + subject, found);
    }
    if (!autoRegister) {
      throw new SchemaRegistryException(
          Reason.UNKNOWN_SCHEMA,
          "the registry does not know this %s under subject %s, and %s is false. Register the newest file of schema-history/%s, or set it to true."
              .formatted(schema.getFullName(), subject, RegistrySettings.AUTO_REGISTER, subject));
    }
    return register(subject, schema);
  }

  private int register(String subject, Schema schema) {
    if (http.get("/config/" + encode(subject)).status() == 404) {
      requireBackwardCompatibility(subject);
    }
    Answer answer = http.post(pathOf(subject) + "/versions", body(schema));
    if (answer.status() == 409) {
      throw new SchemaRegistryException(
          Reason.INCOMPATIBLE,
          "the registry refuses the schema of subject %s: %s. Is this pgstitch older than the one that registered the newest version? Use the newer, or another registry."
              .formatted(subject, answer.message()));
    }
    if (!answer.ok()) {
      throw unexpected("register the schema of subject " + subject, answer);
    }
    return idIn(answer);
  }

  private void requireBackwardCompatibility(String subject) {
    JsonNode body = JsonNodeFactory.instance.objectNode().put("compatibility", "BACKWARD");
    Answer answer = http.put("/config/" + encode(subject), body);
    if (!answer.ok()) {
      throw unexpected("set the compatibility of subject " + subject, answer);
    }
  }

  @Override
  public Schema byId(int id) {
    Schema schema = schemas.get(id);
    if (schema == null) {
      schema = fetch(id);
      schemas.put(id, schema);
    }
    return schema;
  }

  private Schema fetch(int id) {
    Instant now = time.instant();
    Instant until = unknownIds.get(id);
    if (until != null && now.isBefore(until)) {
      throw unknown(id);
    }
    Answer answer = http.get("/schemas/ids/" + id);
    if (answer.status() == 404) {
      if (unknownIds.size() >= MOST_UNKNOWN_IDS) {
        unknownIds.clear();
      }
      unknownIds.put(id, now.plus(UNKNOWN_ID_MEMORY));
      throw unknown(id);
    }
    if (!answer.ok()) {
      throw unexpected("find the schema with id " + id, answer);
    }
    return parse(id, answer.body());
  }

  private static Schema parse(int id, JsonNode body) {
    String type = body.path("schemaType").asText("AVRO");
    try {
      if (type.equals("AVRO")) {
        return new Schema.Parser().parse(body.path("schema").asText());
      }
      throw new SchemaRegistryException(
          Reason.FOREIGN_SCHEMA, "the schema with id %d is of type %s".formatted(id, type));
    } catch (SchemaParseException e) {
      throw new SchemaRegistryException(
          Reason.FOREIGN_SCHEMA,
          "the schema with id %d cannot be read: %s".formatted(id, e.getMessage()),
          e);
    }
  }

  private static SchemaRegistryException unknown(int id) {
    return new SchemaRegistryException(
        Reason.UNKNOWN_ID,
        "the registry knows no schema with id %d. The record was written with another registry or by something else."
            .formatted(id));
  }

  /** Numbers of the registered versions of a subject; empty when there are none. */
  public List<Integer> versionsOf(String subject) {
    Answer answer = http.get(pathOf(subject) + "/versions");
    if (answer.status() == 404) {
      return List.of();
    }
    if (!answer.ok() || !answer.body().isArray()) {
      throw unexpected("list the versions of subject " + subject, answer);
    }
    List<Integer> versions = new ArrayList<>();
    answer.body().forEach(version -> versions.add(version.asInt()));
    return versions;
  }

  /** Whether the registry would accept a schema as the next version of a subject that exists. */
  public boolean isCompatible(String subject, Schema schema) {
    Answer answer =
        http.post("/compatibility/subjects/" + encode(subject) + "/versions/latest", body(schema));
    if (!answer.ok() || !answer.body().has("is_compatible")) {
      throw unexpected("test the compatibility of a schema of subject " + subject, answer);
    }
    return answer.body().get("is_compatible").asBoolean();
  }

  @Override
  public void close() {}

  private static JsonNode body(Schema schema) {
    return JsonNodeFactory.instance.objectNode().put("schema", SchemaText.of(schema));
  }

  private static String pathOf(String subject) {
    return "/subjects/" + encode(subject);
  }

  private static String encode(String subject) {
    return URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static int idIn(Answer answer) {
    JsonNode id = answer.body().path("id");
    if (!id.canConvertToInt()) {
      throw unexpected("tell a schema's id", answer);
    }
    return id.asInt();
  }

  private static SchemaRegistryException unexpected(String what, Answer answer) {
    return new SchemaRegistryException(
        Reason.UNEXPECTED_ANSWER,
        "the schema registry was asked to %s and answered %d: %s. Check that %s is the address of a registry with Confluent's interface (Apicurio: .../apis/ccompat/v7)."
            .formatted(what, answer.status(), answer.message(), RegistrySettings.URL));
  }
}
