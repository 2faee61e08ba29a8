package io.pgstitch.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Finds what was built for this machine in the jar and loads it, once per process. */
final class NativeLibrary {
  private static final String LIBRARY = "libpgstitch_bpf.so";
  private static final List<String> CARRIED = List.of("libelf.so.1", "libbpf.so.1");

  private NativeLibrary() {}

  /** Runs the load exactly once, when first asked for. */
  private static final class Loaded {
    private static final UnsatisfiedLinkError FAILURE = load();

    private Loaded() {}
  }

  /**
   * Loads the library.
   *
   * @throws BpfException when this machine cannot run it
   */
  static void ensureLoaded() {
    if (Loaded.FAILURE != null) {
      throw new BpfException(
          "cannot load the native library for "
              + directory()
              + ": "
              + Loaded.FAILURE.getMessage()
              + "; install libbpf (Debian, Ubuntu: apt-get install libbpf1)",
          0);
    }
  }

  /**
   * The kernel programs compiled for this machine.
   *
   * @throws BpfException when the jar has none for it
   */
  static byte[] kernelObject() {
    String name = directory() + "pgstitch.bpf.o";
    try (InputStream in = NativeLibrary.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new BpfException("no kernel programs were built for " + directory(), 0);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new BpfException("cannot read " + name + ": " + e.getMessage(), 0);
    }
  }

  private static String directory() {
    String machine = System.getProperty("os.arch");
    return "/native/linux-" + (machine.equals("amd64") ? "x86_64" : machine) + "/";
  }

  private static UnsatisfiedLinkError load() {
    try {
      Path dir = Files.createTempDirectory("pgstitch-native");
      try {
        return load(dir);
      } finally {
        for (String name : CARRIED) {
          Files.deleteIfExists(dir.resolve(name));
        }
        Files.deleteIfExists(dir.resolve(LIBRARY));
        Files.delete(dir);
      }
    } catch (IOException e) {
      return new UnsatisfiedLinkError(e.toString());
    }
  }

  private static UnsatisfiedLinkError load(Path dir) throws IOException {
    Path library = extract(dir, LIBRARY);
    if (library == null) {
      return new UnsatisfiedLinkError(directory() + LIBRARY + " is not in the jar");
    }
    try {
      System.load(library.toString());
      return null;
    } catch (UnsatisfiedLinkError systemHasNoLibbpf) {
      // The dynamic linker takes a dependency that is already loaded under its soname.
      try {
        for (String name : CARRIED) {
          Path carried = extract(dir, name);
          if (carried != null) {
            System.load(carried.toString());
          }
        }
        System.load(library.toString());
        return null;
      } catch (UnsatisfiedLinkError e) {
        e.addSuppressed(systemHasNoLibbpf);
        return e;
      }
    }
  }

  private static Path extract(Path dir, String name) throws IOException {
    try (InputStream in = NativeLibrary.class.getResourceAsStream(directory() + name)) {
      if (in == null) {
        return null;
      }
      Path file = dir.resolve(name);
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    }
  }
}
