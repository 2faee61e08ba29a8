package io.pgstitch.collector.host;

import io.pgstitch.collector.postgres.ServerEncoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Encodings of a server's databases, read from the files of its catalog pg_database: a backend has
 * no exported variable that tells its own. A database that was created since the last checkpoint
 * may not be in the files yet; it is looked for again when it is next asked for.
 *
 * <p>Formats: storage/bufpage.h, access/htup_details.h, catalog/pg_database.h and the map of
 * relfilenodes of utils/cache/relmapper.c, all the same in 13-18.
 */
public final class DatabaseEncodings {
  private static final int PG_DATABASE = 1262;
  private static final int MAP_MAGIC = 0x592717;
  private static final int PAGE = 8192;
  private static final int PAGE_HEADER = 24;
  private static final int LOWER = 12;
  private static final int ITEM = 4;
  private static final int ITEM_NORMAL = 1;
  private static final int XMAX = 4;
  private static final int INFOMASK = 20;
  private static final int HOFF = 22;
  private static final int XMAX_INVALID = 0x0800;
  private static final int NAME = 4;
  private static final int NAME_LENGTH = 64;
  private static final int ENCODING = 72;
  private static final int ROW = 76;

  private final Procfs procfs;
  private final Map<Key, ServerEncoding> known = new HashMap<>();

  private record Key(int postmaster, long startTicks, String database) {}

  /**
   * @param procfs through which the servers' files are reached, also in containers
   */
  public DatabaseEncodings(Procfs procfs) {
    this.procfs = procfs;
  }

  /** The encoding of a database; unknown when the catalog's files do not tell. */
  public ServerEncoding of(PostgresServer server, String database) {
    Key key = new Key(server.pid(), server.startTicks(), database);
    ServerEncoding encoding = known.get(key);
    if (encoding != null) {
      return encoding;
    }
    Path global = procfs.inside(server.pid(), server.dataDirectory() + "/global");
    Optional<ServerEncoding> read = number(global, database).map(ServerEncoding::of);
    read.ifPresent(e -> known.put(key, e));
    return read.orElse(ServerEncoding.UNKNOWN);
  }

  private static Optional<Integer> number(Path global, String database) {
    try {
      byte[] pages = Files.readAllBytes(global.resolve(String.valueOf(fileNode(global))));
      ByteBuffer file = ByteBuffer.wrap(pages).order(ByteOrder.nativeOrder());
      Optional<Integer> dropped = Optional.empty();
      for (int page = 0; page + PAGE <= pages.length; page += PAGE) {
        int lower = file.getShort(page + LOWER) & 0xffff;
        for (int item = PAGE_HEADER; item + ITEM <= Math.min(lower, PAGE); item += ITEM) {
          int pointer = file.getInt(page + item);
          int offset = pointer & 0x7fff;
          int length = pointer >>> 17;
          if ((pointer >>> 15 & 3) != ITEM_NORMAL || offset + length > PAGE) {
            continue;
          }
          int tuple = page + offset;
          int row = tuple + (pages[tuple + HOFF] & 0xff);
          if (row + ROW > tuple + length || !database.equals(name(pages, row + NAME))) {
            continue;
          }
          boolean live =
              file.getInt(tuple + XMAX) == 0
                  || (file.getShort(tuple + INFOMASK) & XMAX_INVALID) != 0;
          if (live) {
            return Optional.of(file.getInt(row + ENCODING));
          }
          dropped = Optional.of(file.getInt(row + ENCODING));
        }
      }
      // An old version of its row, or one that a running transaction locks, tells it as well.
      return dropped;
    } catch (IOException | IndexOutOfBoundsException unreadable) {
      return Optional.empty();
    }
  }

  private static String name(byte[] pages, int at) {
    int end = at;
    while (end < at + NAME_LENGTH && pages[end] != 0) {
      end++;
    }
    return new String(Arrays.copyOfRange(pages, at, end), StandardCharsets.UTF_8);
  }

  /** Where pg_database lies: VACUUM FULL gives it another file. */
  private static int fileNode(Path global) throws IOException {
    ByteBuffer map =
        ByteBuffer.wrap(Files.readAllBytes(global.resolve("pg_filenode.map")))
            .order(ByteOrder.nativeOrder());
    if (map.getInt(0) != MAP_MAGIC) {
      throw new IOException("pg_filenode.map has another format");
    }
    int mappings = map.getInt(4);
    for (int i = 0; i < mappings; i++) {
      if (map.getInt(8 + 8 * i) == PG_DATABASE) {
        return map.getInt(12 + 8 * i);
      }
    }
    throw new IOException("pg_filenode.map does not name pg_database");
  }
}
