package io.pgstitch.collector.survey;

import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import java.util.List;

/**
 * Says what of tracing works on this host and its servers, and why not. Plants no probe.
 *
 * @param host what the kernel and the process's privileges allow
 * @param servers each server that runs now
 */
public record HostSurvey(List<Finding> host, List<ServerReport> servers) {
  /** Looks at this host. */
  public static HostSurvey take() {
    Procfs procfs = Procfs.system();
    ServerSurvey servers = new ServerSurvey(new BackendProbe(procfs));
    return new HostSurvey(
        new KernelSurvey().findings(),
        new ServerFinder(procfs).find().stream().map(servers::report).toList());
  }

  /** Whether anything can be traced here. */
  public boolean usable() {
    return host.stream().noneMatch(f -> f.required() && !f.ok())
        && servers.stream().anyMatch(ServerReport::traceable);
  }
}
