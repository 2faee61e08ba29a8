package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.ProbedFunction;
import java.util.List;

/** Resolves symbol names to the functions the stitcher knows, once per name and batch. */
final class ProbedFunctions {
  private final List<String> strings;
  private final ProbedFunction[] resolved;

  ProbedFunctions(List<String> strings) {
    this.strings = strings;
    this.resolved = new ProbedFunction[strings.size()];
  }

  ProbedFunction of(int index) {
    ProbedFunction function = resolved[index];
    if (function == null) {
      function = named(strings.get(index));
      resolved[index] = function;
    }
    return function;
  }

  static ProbedFunction named(String symbol) {
    return switch (symbol) {
      case "pg_parse_query" -> ProbedFunction.PARSE_QUERY;
      case "parse_analyze", "parse_analyze_fixedparams" -> ProbedFunction.ANALYZE;
      case "parse_analyze_varparams" -> ProbedFunction.ANALYZE_VARPARAMS;
      case "standard_planner" -> ProbedFunction.PLANNER;
      case "PortalStart" -> ProbedFunction.PORTAL_START;
      case "PortalRun" -> ProbedFunction.PORTAL_RUN;
      case "PortalDrop" -> ProbedFunction.PORTAL_DROP;
      case "standard_ExecutorStart" -> ProbedFunction.EXECUTOR_START;
      case "standard_ExecutorRun" -> ProbedFunction.EXECUTOR_RUN;
      case "standard_ExecutorFinish" -> ProbedFunction.EXECUTOR_FINISH;
      case "standard_ExecutorEnd" -> ProbedFunction.EXECUTOR_END;
      case "standard_ProcessUtility" -> ProbedFunction.PROCESS_UTILITY;
      case "DestroyParallelContext" -> ProbedFunction.WORKERS_DESTROYED;
      case "proc_exit" -> ProbedFunction.PROCESS_EXIT;
      default -> ProbedFunction.OTHER;
    };
  }
}
