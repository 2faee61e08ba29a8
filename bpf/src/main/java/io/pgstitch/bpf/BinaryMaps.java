package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** What the kernel programs know of each binary, which is named by its index. */
public final class BinaryMaps {
  private final KernelMaps maps;

  BinaryMaps(KernelMaps maps) {
    this.maps = maps;
  }

  /** Tells the programs where control data stands in a binary. */
  public void putControlLayout(int index, ControlLayout layout) {
    maps.put("control_layouts", index, layout.toBytes());
  }

  /** Tells the programs what the code of a binary says. */
  public void putCode(int index, CodeLayout layout) {
    maps.put("code_layouts", index, layout.toBytes());
  }

  /**
   * Tells the programs about a binary. Cookies made with {@link KernelPrograms#cookie} name it by
   * its index.
   */
  public void putBinary(int index, BinaryConfig config) {
    maps.put("binaries", index, config.toBytes());
  }

  /** Tells the programs where a binary keeps what waits wait for and what errors say. */
  public void putTargets(int index, TargetConfig config) {
    maps.put("target_configs", index, config.toBytes());
  }

  /** Tells the programs how a binary's background processes are known. */
  public void putWorkers(int index, WorkerConfig config) {
    maps.put("worker_configs", index, config.toBytes());
  }

  /**
   * Tells the programs where a binary keeps bind values.
   *
   * @param layout the words of {@code struct bind_layout}, in its order
   */
  public void putBindLayout(int index, int[] layout) {
    ByteBuffer value = ByteBuffer.allocate(4 * layout.length).order(ByteOrder.nativeOrder());
    value.asIntBuffer().put(layout);
    maps.put("bind_layouts", index, value.array());
  }

  /**
   * Tells the programs what the layouts of a binary are held against.
   *
   * @param words those of {@code struct layout_config}, in its order
   */
  public void putLayoutChecks(int index, int[] words) {
    ByteBuffer value = ByteBuffer.allocate(4 * words.length).order(ByteOrder.nativeOrder());
    value.asIntBuffer().put(words);
    maps.put("layout_configs", index, value.array());
  }

  /**
   * Tells the programs how a binary stores a data type.
   *
   * @param oid below 65536
   * @param length typlen of pg_type
   * @param byValue typbyval of pg_type
   */
  public void putBindType(int index, int oid, int length, boolean byValue) {
    int form = length & 0xffff | (byValue ? 1 << 16 : 0);
    byte[] value = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(form).array();
    maps.put("bind_types", index << 16 | oid, value);
  }

  /**
   * Tells the programs where a binary's plan trees and WAL counters lie.
   *
   * @param shapes of its node types, by the NodeTag of their states
   */
  public void putPlans(int index, PlanConfig config, Map<Integer, NodeShape> shapes) {
    shapes.forEach((tag, shape) -> maps.put("node_shapes", index << 16 | tag, shape.toBytes()));
    maps.put("plan_configs", index, config.toBytes());
  }
}
