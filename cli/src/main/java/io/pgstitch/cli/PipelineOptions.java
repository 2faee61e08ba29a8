package io.pgstitch.cli;

import io.pgstitch.bpf.Detail;
import io.pgstitch.collector.BackgroundKind;
import io.pgstitch.collector.WaitMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a pipeline in one process is to do.
 *
 * @param out directory of results and state; what an earlier run left there is continued
 * @param kafka brokers of an existing cluster; empty for an embedded one in {@code out}
 * @param otlpEndpoint URL of an OTLP backend that gets the spans too
 * @param pids postmasters or backends to trace; empty for all servers of the host
 * @param level trace level: 1 statements, 8 waits too
 * @param waits how waits are measured
 * @param detail what levels 4, 8 and 12 see of each statement
 * @param functions whether calls of the function catalogue are traced
 * @param addedFunctions functions of the server that are traced beside it, by name
 * @param maskLiterals whether literals and other data of statements stay on the host
 * @param background processes without a client that are traced too
 */
record PipelineOptions(
    Path out,
    Optional<String> kafka,
    Optional<String> otlpEndpoint,
    List<Integer> pids,
    int level,
    WaitMode waits,
    Detail detail,
    boolean functions,
    List<String> addedFunctions,
    boolean maskLiterals,
    Set<BackgroundKind> background) {
  PipelineOptions {
    out = out.toAbsolutePath().normalize();
    pids = List.copyOf(pids);
    background = Set.copyOf(background);
  }

  Path kafkaDirectory() {
    return out.resolve("kafka");
  }

  Path traceDirectory() {
    return out.resolve("traces");
  }

  Path spanFile() {
    return out.resolve("spans.jsonl");
  }
}
