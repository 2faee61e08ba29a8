package io.pgstitch.collector.host;

import java.util.HashMap;
import java.util.Map;

/**
 * The tranches of lightweight locks that preloaded libraries have asked for by name
 * (RequestNamedLWLockTranche): an array in shared memory that two exported variables of every major
 * from 13 to 18 describe (NamedLWLockTrancheArray, storage/lwlock.h). Tranches that a library
 * registers later in each process (LWLockRegisterTranche) are not there.
 */
public final class NamedTranches {
  /** Class LWLock in the upper byte of wait_event_info, utils/wait_event.h; the tranche below. */
  private static final int LWLOCK_CLASS = 0x01000000;

  private static final int LARGEST_TRANCHE = 0xffff;

  /** Far more than the libraries of a server ask for. */
  private static final int MOST = 1024;

  /** NamedLWLockTranche: an int and, aligned, a pointer to the name. */
  private static final int ENTRY_BYTES = 16;

  private static final int NAME_AT = 8;

  /** NAMEDATALEN of stock builds is 64. */
  private static final int LONGEST_NAME = 64;

  private final BackendProbe backends;
  private final ElfFile elf;

  /**
   * @param elf the server's executable
   */
  public NamedTranches(BackendProbe backends, ElfFile elf) {
    this.backends = backends;
    this.elf = elf;
  }

  /**
   * Reads them.
   *
   * @param pid of any process of the server
   * @return names by wait_event_info; empty when they are not where they should be
   */
  public Map<Integer, String> read(int pid) {
    Map<Integer, String> names = new HashMap<>();
    try (BackendMemory memory = backends.memory(pid, elf).orElse(null)) {
      if (memory == null) {
        return names;
      }
      int count = (int) memory.pointer("NamedLWLockTrancheRequests");
      long entry = memory.pointer("NamedLWLockTrancheArray");
      for (int i = 0; entry != 0 && i < Math.min(count, MOST); i++, entry += ENTRY_BYTES) {
        int tranche = (int) memory.word(entry);
        if (tranche > 0 && tranche <= LARGEST_TRANCHE) {
          memory
              .text(memory.word(entry + NAME_AT), LONGEST_NAME)
              .filter(name -> !name.isEmpty())
              .ifPresent(name -> names.put(LWLOCK_CLASS | tranche, name));
        }
      }
    }
    return names;
  }
}
