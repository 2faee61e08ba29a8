package io.pgstitch.collector.survey;

import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at the servers of this host, each once. Plants no probe. */
public final class ServerLookup {
  private final Procfs procfs = Procfs.system();
  private final ServerFinder finder = new ServerFinder(procfs);
  private final ServerSurvey survey = new ServerSurvey(new BackendProbe(procfs));
  private final Map<Integer, Optional<ServerReport>> known = new HashMap<>();

  /** The server whose postmaster has this pid, when it is one. */
  public Optional<ServerReport> server(int pid) {
    return known.computeIfAbsent(pid, p -> finder.server(p).map(survey::report));
  }

  /** All servers that run now. */
  List<ServerReport> all() {
    return finder.find().stream().map(survey::report).toList();
  }
}
