package io.pgstitch.exporter.durable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The files of a directory, at most a given number of them open, the longest unused closed first.
 */
final class OpenFiles implements AutoCloseable {

  private final Path directory;
  private final int limit;
  private final LinkedHashMap<String, FileChannel> open = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<String> unforced = new HashSet<>();

  OpenFiles(Path directory, int limit) {
    this.directory = directory;
    this.limit = limit;
  }

  /** Length in bytes; 0 for a file that is not there yet, which is created. */
  long length(String file) throws IOException {
    return channel(file).size();
  }

  void write(String file, byte[] bytes, long position) throws IOException {
    unforced.add(file);
    PrivateFiles.writeAt(channel(file), ByteBuffer.wrap(bytes), position);
  }

  void truncate(String file, long length) throws IOException {
    unforced.add(file);
    channel(file).truncate(length);
  }

  /**
   * Makes all that was written durable and closes the files, so that one which was removed or
   * renamed by someone else meanwhile is begun anew at its next write.
   */
  void forceAndClose() throws IOException {
    for (String file : Set.copyOf(unforced)) {
      channel(file).force(false);
      unforced.remove(file);
    }
    PrivateFiles.forceDirectory(directory);
    close();
  }

  @Override
  public void close() throws IOException {
    for (FileChannel channel : open.values()) {
      channel.close();
    }
    open.clear();
  }

  int openCount() {
    return open.size();
  }

  private FileChannel channel(String file) throws IOException {
    FileChannel known = open.get(file);
    if (known != null) {
      return known;
    }
    if (open.size() >= limit) {
      Iterator<Map.Entry<String, FileChannel>> eldest = open.entrySet().iterator();
      eldest.next().getValue().close();
      eldest.remove();
    }
    FileChannel channel =
        PrivateFiles.open(
            directory.resolve(file), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    open.put(file, channel);
    return channel;
  }
}
