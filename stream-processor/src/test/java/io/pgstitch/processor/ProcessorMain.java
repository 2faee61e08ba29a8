package io.pgstitch.processor;

import java.util.concurrent.CountDownLatch;

/** A processor as a process of its own, to be killed. */
final class ProcessorMain {
  private ProcessorMain() {}

  public static void main(String[] args) throws InterruptedException {
    try (StreamProcessor processor =
        new StreamProcessor(StreamProcessorIT.settings(args[0], args[1]))) {
      processor.start();
      new CountDownLatch(1).await();
    }
  }
}
