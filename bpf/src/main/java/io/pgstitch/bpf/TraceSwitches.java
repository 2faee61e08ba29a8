package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Which processes the kernel programs trace, at which level, and who may switch that. */
public final class TraceSwitches {
  private final KernelMaps maps;
  private int generation;
  private int ruleKinds;

  TraceSwitches(KernelMaps maps) {
    this.maps = maps;
  }

  /**
   * Adds rules, and lets backends that run look for one for their pid.
   *
   * @param anyone whether each session may switch itself; otherwise superusers and {@link
   *     #allowRole allowed roles}
   */
  public synchronized void putRules(boolean anyone, List<LevelRule> rules) {
    generation++;
    for (LevelRule rule : rules) {
      ruleKinds |= 1 << rule.kind().ordinal();
      byte[] value =
          ByteBuffer.allocate(16)
              .order(ByteOrder.nativeOrder())
              .putInt(rule.level())
              .putInt(generation)
              .putLong(rule.startTicks())
              .array();
      maps.put("rules", rule.key(), value);
    }
    ByteBuffer all = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
    all.putInt(generation).putInt(ruleKinds).putInt(anyone ? 1 : 0).putInt(0);
    maps.put("control", 0, all.array());
  }

  /** Lets the sessions of a role switch themselves, where not everybody may. */
  public synchronized void allowRole(String role) {
    byte[] one = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).array();
    maps.put("switchers", LevelRule.key(LevelRule.Kind.ROLE, 0, role), one);
  }

  /**
   * Sets what is in force for all backends.
   *
   * @param onlyTargets whether only the processes of {@link #addTarget} are traced
   * @param level of each backend that nothing more special is said of
   * @param detail what levels 4, 8 and 12 see of a statement
   */
  public synchronized void putRun(boolean onlyTargets, int level, Detail detail) {
    ByteBuffer value = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
    value.putInt(onlyTargets ? 1 : 0).putInt(level).putInt(detail.events());
    maps.put("config", 0, value.array());
  }

  /** Adds a backend, or a server whose backends are meant, by its pid. */
  public synchronized void addTarget(int pid) {
    byte[] one = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).array();
    maps.put("targets", pid, one);
  }
}
