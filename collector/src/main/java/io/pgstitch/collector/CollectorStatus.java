package io.pgstitch.collector;

import io.pgstitch.collector.probe.MissingFunction;
import io.pgstitch.collector.spool.SpoolStatus;
import java.util.List;

/**
 * What a collector has done so far.
 *
 * @param servers those that run now
 * @param backendsSeen backends that sent an event
 * @param events that were put into batches
 * @param batches that were made for Kafka
 * @param acknowledged batches that Kafka has taken
 * @param failed batches that Kafka refused for good
 * @param bytes of the batches, before compression
 * @param lost events that the kernel could not hand over, as counted in the backends' sequences
 * @param ringFull events that found their ring buffer full, as counted by the kernel
 * @param noState backends for which the kernel had no memory
 * @param returnsUnseen returns of functions that the kernel did not report, because more than 64
 *     were open; their exits are marked as late
 * @param unknownBackend events of backends that were never announced
 * @param spool what waits on disk for Kafka, and what was dropped because it did not fit
 */
public record CollectorStatus(
    List<Server> servers,
    long backendsSeen,
    long events,
    long batches,
    long acknowledged,
    long failed,
    long bytes,
    long lost,
    long ringFull,
    long noState,
    long returnsUnseen,
    long unknownBackend,
    SpoolStatus spool) {

  /**
   * A server.
   *
   * @param pid of its postmaster
   * @param clients client backends that it has now
   * @param traced whether its probes are planted
   * @param problem why not
   * @param reduced why none or not all of its structs are followed and what is lost, empty when all
   *     are
   * @param functions how many functions of the detailed tier are traced
   * @param missingFunctions wanted functions that are not, with the reason
   */
  public record Server(
      int pid,
      int port,
      int versionNum,
      String version,
      String dataDirectory,
      int clients,
      boolean traced,
      String problem,
      String reduced,
      int functions,
      List<MissingFunction> missingFunctions) {}

  /** Whether no event was lost on this host, and none is left behind on its disk. */
  public boolean isWhole() {
    return lost == 0 && failed == 0 && spool.droppedBatches() == 0 && spool.batches() == 0;
  }

  /** Servers whose probes are planted. */
  public long tracedServers() {
    return servers.stream().filter(Server::traced).count();
  }

  /** Client backends of those servers. */
  public int clients() {
    return servers.stream().mapToInt(Server::clients).sum();
  }
}
