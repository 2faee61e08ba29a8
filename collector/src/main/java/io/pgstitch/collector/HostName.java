package io.pgstitch.collector;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The host's name as the kernel has it: no name service is asked. */
public final class HostName {
  private HostName() {}

  /** The name; localhost when there is none. */
  public static String ofThisHost() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).trim();
    } catch (IOException e) {
      return "localhost";
    }
  }
}
