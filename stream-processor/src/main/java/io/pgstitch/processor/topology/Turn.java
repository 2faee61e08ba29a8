package io.pgstitch.processor.topology;

/** Lets something be done to a session that no event of it asks for. */
@FunctionalInterface
interface Turn {
  /**
   * Does it, then saves and passes on what it finished.
   *
   * @param recordKey key of the session's records
   * @param id of the session, empty for none
   */
  void take(String recordKey, String id, Runnable what);
}
