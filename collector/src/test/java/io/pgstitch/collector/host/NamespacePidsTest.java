package io.pgstitch.collector.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Real processes in a real pid namespace. */
final class NamespacePidsTest {
  private final NamespacePids pids = new NamespacePids(Procfs.system());

  @Test
  void inTheHostsNamespaceAPidIsItself() {
    assertThat(pids.onHost(4711, (int) ProcessHandle.current().pid())).contains(4711);
  }

  @Test
  void inAContainersNamespaceItIsFoundByItsName() throws Exception {
    Process unshare =
        new ProcessBuilder("unshare", "--pid", "--fork", "sleep", "60").inheritIO().start();
    try {
      int sleep = childOf(unshare.pid());
      assertThat(pids.onHost(1, sleep)).contains(sleep);
      assertThat(pids.onHost(4711, sleep)).isEmpty();
    } finally {
      unshare.descendants().forEach(ProcessHandle::destroyForcibly);
      unshare.destroyForcibly();
    }
  }

  private static int childOf(long pid) throws Exception {
    Path children = Path.of("/proc/" + pid + "/task/" + pid + "/children");
    for (int i = 0; i < 200; i++) {
      String text = Files.readString(children, StandardCharsets.US_ASCII).trim();
      if (!text.isEmpty()) {
        return Integer.parseInt(text);
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    throw new AssertionError("unshare has no child");
  }
}
