package io.pgstitch.schema;

/** Small records for tests. */
final class Samples {
  private Samples() {}

  static Backend backend() {
    return Backend.newBuilder()
        .setCluster("default")
        .setHost("db1")
        .setBootId("b0071d00-0000-4000-8000-000000000001")
        .setPid(4711)
        .setStartNs(123_456_789L)
        .setKind(BackendKind.PARALLEL_WORKER)
        .setDatabase("größe")
        .build();
  }

  static ControlCommand command() {
    return new ControlCommand(
        "id-1",
        "db1",
        4711,
        12,
        "dba",
        1_790_000_000_000_000_000L,
        ControlKind.SWITCH,
        true,
        123_456_789L);
  }
}
