package io.pgstitch.collector.encode;

import io.pgstitch.bpf.WaitRecord;
import io.pgstitch.collector.postgres.ServerEncoding;
import java.io.IOException;
import java.util.Arrays;
import org.apache.avro.io.BinaryEncoder;

/**
 * Writes what one backend's waits waited for. The order of the writes is the order of the fields in
 * WaitTarget.avsc.
 */
final class WaitTargets {
  private static final int NONE = 0;
  private static final int IO = 1;
  private static final int LOCK = 2;
  private static final byte[] EMPTY = {};

  private final EventNames names;
  private final RelationNames.OfServer relations;
  private final ServerEncoding encoding;
  private final WaitFiles files = new WaitFiles();

  WaitTargets(EventNames names, RelationNames.OfServer relations, ServerEncoding encoding) {
    this.encoding = encoding;
    this.names = names;
    this.relations = relations;
  }

  /** Writes the union's branch and the target. */
  void write(WaitRecord wait, BinaryEncoder out) throws IOException {
    if (wait.lockMode() != 0) {
      out.writeIndex(LOCK);
      lock(wait, out);
    } else if (wait.isForBlocks()) {
      out.writeIndex(IO);
      blocks(wait, out);
    } else if (wait.descriptor() >= 0) {
      out.writeIndex(IO);
      io(wait, out);
    } else {
      out.writeIndex(NONE);
    }
  }

  private void io(WaitRecord wait, BinaryEncoder out) throws IOException {
    WaitFiles.Named named = files.of(wait);
    out.writeInt(wait.descriptor());
    out.writeLong(wait.offset());
    out.writeLong(wait.bytes());
    if (named == null || named.file.relfilenode() == 0) {
      out.writeLong(0);
      out.writeLong(0);
      out.writeLong(0);
      out.writeBytes(EMPTY);
      out.writeLong(-1);
      out.writeLong(0);
      out.writeBytes(EMPTY);
    } else {
      WaitFile file = named.file;
      RelationNames.Relation relation =
          relations.ofFile(file.database(), file.backend(), file.relfilenode());
      boolean elsewhere = file.tablespace() == 0 && relation != null;
      out.writeLong(elsewhere ? relation.tablespace() : file.tablespace());
      out.writeLong(file.database());
      out.writeLong(file.relfilenode());
      out.writeBytes(named.fork);
      out.writeLong(file.block(wait.offset()));
      out.writeLong(relation == null ? 0 : relation.oid());
      out.writeBytes(name(relation));
    }
    out.writeBytes(named == null ? EMPTY : named.path);
  }

  /** An asynchronous IO: which blocks, and no descriptor, since another process may do it. */
  private void blocks(WaitRecord wait, BinaryEncoder out) throws IOException {
    RelationNames.Relation relation =
        wait.isBlockTemporary()
            ? null
            : relations.ofFile(wait.blockDatabase(), WaitFile.PERMANENT, wait.blockFile());
    out.writeInt(-1);
    out.writeLong(-1);
    out.writeLong(wait.blocks() * WaitFile.BLOCK_BYTES);
    out.writeLong(wait.blockTablespace());
    out.writeLong(wait.blockDatabase());
    out.writeLong(wait.blockFile());
    out.writeString(WaitFile.forkName(wait.blockFork()));
    out.writeLong(wait.block());
    out.writeLong(relation == null ? 0 : relation.oid());
    out.writeBytes(name(relation));
    out.writeBytes(EMPTY);
  }

  private byte[] name(RelationNames.Relation relation) {
    return relation == null ? EMPTY : encoding.toUtf8(relation.name());
  }

  /** LOCKTAG: three words, then a half word, the tag's type and the lock method. */
  private void lock(WaitRecord wait, BinaryEncoder out) throws IOException {
    long database = Integer.toUnsignedLong(wait.lockTag(0));
    long object = Integer.toUnsignedLong(wait.lockTag(1));
    int type = wait.lockTag(3) >>> 16 & 0xff;
    String typeName = names.lockType(type);
    out.writeLong(database);
    out.writeLong(object);
    out.writeLong(Integer.toUnsignedLong(wait.lockTag(2)));
    out.writeInt(wait.lockTag(3) & 0xffff);
    out.writeInt(type);
    out.writeInt(wait.lockTag(3) >>> 24);
    out.writeInt(wait.lockMode());
    out.writeString(typeName);
    out.writeString(LockMode.name(wait.lockMode()));
    holders(wait, out);
    out.writeBoolean(wait.lockHoldersCut());
    RelationNames.Relation relation =
        LockMode.isOfRelation(typeName) ? relations.ofOid(database, object) : null;
    out.writeBytes(name(relation));
  }

  /** Each once: a leader and its workers are one holder. */
  private static void holders(WaitRecord wait, BinaryEncoder out) throws IOException {
    int[] pids = new int[wait.lockHolders()];
    for (int i = 0; i < pids.length; i++) {
      pids[i] = wait.lockHolder(i);
    }
    int[] distinct = Arrays.stream(pids).distinct().toArray();
    out.writeArrayStart();
    out.setItemCount(distinct.length);
    for (int pid : distinct) {
      out.startItem();
      out.writeInt(pid);
    }
    out.writeArrayEnd();
  }
}
