package io.pgstitch.collector.survey;

import java.util.List;

/**
 * What works on one server.
 *
 * @param pid of its postmaster
 * @param port 0 when not known
 * @param version as its executable says
 * @param major e.g. 15
 * @param dataDirectory where its data lies
 * @param clients client backends that it has now
 * @param capabilities statements, waits, functions: each with the reason where it does not work
 */
public record ServerReport(
    int pid,
    int port,
    String version,
    int major,
    String dataDirectory,
    int clients,
    List<Finding> capabilities) {

  /** Whether statements can be traced. */
  public boolean traceable() {
    return capabilities.stream().noneMatch(c -> c.required() && !c.ok());
  }
}
