package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.ToldFile;
import io.pgstitch.schema.IoTarget;
import java.util.List;

/**
 * What the numbers of files in WAIT records mean to one who has only the records: a file is named
 * where its number comes up first in the client's statement, and again where the number has come to
 * mean another. Of a statement with very many files the oldest are forgotten, and named again.
 */
final class ToldFiles {
  private static final int MOST = 256;
  private static final long PRIME = 0x100000001B3L;

  private final List<ToldFile> told;

  /**
   * @param told what the session's records have said, the oldest first; is changed
   */
  ToldFiles(List<ToldFile> told) {
    this.told = told;
  }

  /** Whether a wait's record has to say which file it is about; it has said so then. */
  boolean isNews(String eventClass, Object target) {
    if (!(target instanceof IoTarget io) || eventClass.equals("Client")) {
      return false;
    }
    boolean ofRelation = io.getRelfilenode() > 0;
    if (!ofRelation && io.getFileDescriptor() < 0) {
      return false;
    }
    long number = ofRelation ? io.getRelfilenode() : -1L - io.getFileDescriptor();
    long meaning = ofRelation ? relation(io) : hash(1, io.getFile());
    for (int i = told.size() - 1; i >= 0; i--) {
      ToldFile file = told.get(i);
      if (file.getNumber() == number) {
        boolean isNews = file.getMeaning() != meaning;
        file.setMeaning(meaning);
        return isNews;
      }
    }
    if (told.size() >= MOST) {
      told.remove(0);
    }
    told.add(new ToldFile(number, meaning));
    return true;
  }

  /** Which segment of it is read is not said: the block tells. */
  private static long relation(IoTarget io) {
    // Both names come again and again as the same objects, which know their hashes.
    long names = io.getRelation().hashCode() * PRIME + io.getFork().hashCode();
    long place = (io.getTablespaceOid() * 31 + io.getDatabaseOid()) * 31 + io.getRelationOid();
    return names * PRIME + place;
  }

  /** The hash of a text behind others. */
  private static long hash(long before, String text) {
    long hash = before;
    for (int i = 0; i < text.length(); i++) {
      hash = hash * PRIME + text.charAt(i);
    }
    return hash;
  }
}
