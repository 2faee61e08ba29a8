package io.pgstitch.collector.host;

import java.util.HashMap;
import java.util.Map;

/**
 * The wait events that extensions have registered in a server (17 and later): a table in its shared
 * memory that its index of shared memory names (utils/activity/wait_event.c, storage/ipc/shmem.c).
 */
public final class CustomWaits {
  private static final String TABLE = "WaitEventCustom hash by wait event information";
  private static final int LONGEST_KEY = 48;

  /** NAMEDATALEN of stock builds is 64. */
  private static final int LONGEST_NAME = 64;

  private final BackendProbe backends;
  private final ElfFile elf;
  private final Map<String, Integer> layout;

  /**
   * @param elf the server's executable
   * @param layout by the keys of custom-waits.properties; empty for a major that has no such table
   */
  public CustomWaits(BackendProbe backends, ElfFile elf, Map<String, Integer> layout) {
    this.backends = backends;
    this.elf = elf;
    this.layout = Map.copyOf(layout);
  }

  /**
   * Reads them.
   *
   * @param pid of any process of the server
   * @return names by wait_event_info; empty when the table is not where it should be
   */
  public Map<Integer, String> read(int pid) {
    Map<Integer, String> names = new HashMap<>();
    if (layout.isEmpty()) {
      return names;
    }
    try (BackendMemory memory = backends.memory(pid, elf).orElse(null)) {
      if (memory == null) {
        return names;
      }
      SharedTable tables = new SharedTable(memory, layout);
      long table = table(memory, tables);
      if (memory.word(table + layout.get("hash.entry_size")) != layout.get("event.size")) {
        return names;
      }
      for (long entry : tables.entries(table)) {
        memory
            .text(entry + layout.get("event.name"), LONGEST_NAME)
            .filter(name -> !name.isEmpty())
            .ifPresent(name -> names.put((int) memory.word(entry), name));
      }
      return names;
    }
  }

  /** Address of the table's header, 0 when it is not found. */
  private long table(BackendMemory memory, SharedTable tables) {
    long header = memory.mappingOf(memory.pointer("ShmemLock"));
    if (header == 0 || (int) memory.word(header) != layout.get("shmem.magic")) {
      return 0;
    }
    for (long entry : tables.entries(memory.word(header + layout.get("shmem.index")))) {
      if (memory.text(entry, LONGEST_KEY).filter(TABLE::equals).isPresent()) {
        return memory.word(entry + layout.get("index.location"));
      }
    }
    return 0;
  }
}
