package io.pgstitch.collector.survey;

import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
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

  /** The same for who is about to load the programs, and hears of the kernel's refusal then. */
  public static HostSurvey beforeLoading() {
    return new HostSurvey(new KernelSurvey().findingsBeforeLoading(), reports());
  }

  private static List<ServerReport> reports() {
    Procfs procfs = Procfs.system();
    ServerSurvey servers = new ServerSurvey(new BackendProbe(procfs));
    return new ServerFinder(procfs).find().stream().map(servers::report).toList();
  }

  /** Whether anything can be traced here. */
  public boolean usable() {
    return host.stream().noneMatch(f -> f.required() && !f.ok())
        && servers.stream().anyMatch(ServerReport::traceable);
  }
}
