package io.pgstitch.benchmarks;

import java.util.List;

/**
 * What clients do.
 *
 * @param name as in the figures
 * @param arguments of pgbench
 */
record Load(String name, List<String> arguments) {
  static final Load SELECT = new Load("select", List.of("-S", "-M", "simple"));
  static final Load PREPARED = new Load("select-prepared", List.of("-S", "-M", "prepared"));
  static final Load TPCB = new Load("tpcb", List.of("-M", "simple"));
}
