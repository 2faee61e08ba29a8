package io.pgstitch.collector.survey;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Says what of tracing works on this host and its servers, and why not. Plants no probe.
 *
 * @param host what the kernel and the process's privileges allow
 * @param servers each server that runs now
 */
public record HostSurvey(List<Finding> host, List<ServerReport> servers) {
  /** Looks at this host, and lets its kernel verify the programs, which takes about a second. */
  public static HostSurvey take() {
    CompletableFuture<List<Finding>> host =
        CompletableFuture.supplyAsync(() -> new KernelSurvey().findings());
    List<ServerReport> reports = reports();
    return new HostSurvey(host.join(), reports);
  }

  /** What this host allows, for who is about to load the programs; its servers are left out. */
  public static HostSurvey withoutServers() {
    return new HostSurvey(new KernelSurvey().findingsBeforeLoading(), List.of());
  }

  /**
   * The same as {@link #take} for who is about to load the programs, and hears of the kernel's
   * refusal then.
   */
  public static HostSurvey beforeLoading() {
    return new HostSurvey(new KernelSurvey().findingsBeforeLoading(), reports());
  }

  private static List<ServerReport> reports() {
    return new ServerLookup().all();
  }

  /** Whether anything can be traced here. */
  public boolean usable() {
    return host.stream().noneMatch(f -> f.required() && !f.ok())
        && servers.stream().anyMatch(ServerReport::traceable);
  }
}
