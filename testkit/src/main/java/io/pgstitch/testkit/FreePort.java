package io.pgstitch.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports of 127.0.0.1 that nobody listens on. */
final class FreePort {
  /**
   * Below the ports that the kernel gives to connections on its own (ip_local_port_range begins at
   * 32768), so that no client's connection takes the port of a server that is to be started, or
   * started again.
   */
  private static final int FIRST = 15_000;

  private static final int LAST = 30_000;
  private static final int TRIES = 200;

  private FreePort() {}

  /** One of many, so that two processes that look at the same time find different ones. */
  static int find() {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException(
        "no free TCP port of 127.0.0.1 from " + FIRST + " to " + LAST + " in " + TRIES + " tries");
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
      return true;
    } catch (IOException inUse) {
      return false;
    }
  }
}
