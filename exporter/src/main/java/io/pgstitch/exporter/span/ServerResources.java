package io.pgstitch.exporter.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.pgstitch.schema.Backend;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One {@link Resource} for each server. The encoder groups spans by the identity of their resource,
 * so spans of one server must share one instance.
 */
final class ServerResources {

  private static final int MOST = 1000;

  private final String serviceName;
  private final Map<String, Resource> known = new LinkedHashMap<>(16, 0.75f, true);

  ServerResources(String serviceName) {
    this.serviceName = serviceName;
  }

  Resource of(Backend backend) {
    String key =
        String.join(
            "\n",
            backend.getCluster(),
            backend.getHost(),
            Integer.toString(backend.getServerPort()),
            Integer.toString(backend.getServerVersionNum()));
    Resource found = known.computeIfAbsent(key, k -> make(backend));
    if (known.size() > MOST) {
      known.remove(known.keySet().iterator().next());
    }
    return found;
  }

  private Resource make(Backend backend) {
    AttributesBuilder attributes =
        Attributes.builder()
            .put("service.name", serviceName)
            .put("service.instance.id", backend.getHost() + ":" + backend.getServerPort())
            .put("host.name", backend.getHost())
            .put("db.system.name", "postgresql")
            .put("server.address", backend.getHost())
            .put("pgstitch.cluster", backend.getCluster());
    if (backend.getServerPort() != 0) {
      attributes.put("server.port", backend.getServerPort());
    }
    if (backend.getServerVersionNum() != 0) {
      int version = backend.getServerVersionNum();
      attributes.put("service.version", version / 10_000 + "." + version % 10_000);
    }
    return Resource.create(attributes.build());
  }
}
