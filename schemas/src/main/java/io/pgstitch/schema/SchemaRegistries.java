package io.pgstitch.schema;

import java.util.Map;

/** Chooses the schema registry from settings. */
public final class SchemaRegistries {
  private SchemaRegistries() {}

  /**
   * A {@link RestSchemaRegistry} when {@code schema.registry.url} is set, else the {@link
   * BundledSchemaRegistry}.
   *
   * @throws SchemaRegistryException when the settings make no sense
   */
  public static SchemaRegistry from(Map<String, ?> config) {
    Object url = config.get(RegistrySettings.URL);
    boolean hasServer = url != null && !url.toString().isBlank();
    return hasServer ? new RestSchemaRegistry(config) : new BundledSchemaRegistry();
  }
}
