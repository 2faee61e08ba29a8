package io.pgstitch.bpf;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where kernel programs are attached. Several are taken away at once, as the kernel takes its time.
 */
final class Attachments {
  private static final int AT_ONCE = 16;

  private final List<Long> known = new ArrayList<>();

  /** Takes note of one, which is named by what the native code returned; returns that. */
  synchronized long add(long attachment) {
    known.add(attachment);
    return attachment;
  }

  /** Takes some away; those that are gone already are passed over. */
  void detach(Collection<Long> some) {
    List<Long> taken = new ArrayList<>();
    synchronized (this) {
      for (Long attachment : some) {
        if (known.remove(attachment)) {
          taken.add(attachment);
        }
      }
    }
    release(taken);
  }

  /** Takes all away; nobody adds one meanwhile. */
  synchronized void detachAll() {
    release(known);
    known.clear();
  }

  private static void release(List<Long> taken) {
    List<Thread> others = new ArrayList<>();
    AtomicInteger next = new AtomicInteger();
    Runnable share =
        () -> {
          for (int i = next.getAndIncrement(); i < taken.size(); i = next.getAndIncrement()) {
            NativeBpf.detach(taken.get(i));
          }
        };
    for (int i = 1; i < Math.min(AT_ONCE, taken.size()); i++) {
      Thread other = new Thread(share, "pgstitch-detach");
      other.start();
      others.add(other);
    }
    share.run();
    boolean interrupted = false;
    for (Thread other : others) {
      while (other.isAlive()) {
        try {
          other.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
