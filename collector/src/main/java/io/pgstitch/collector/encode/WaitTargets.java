package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
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
  void write(KernelEvent e, BinaryEncoder out) throws IOException {
    if (e.waitLockMode() != 0) {
      out.writeIndex(LOCK);
      lock(e, out);
    } else if (e.isWaitForBlocks()) {
      out.writeIndex(IO);
      blocks(e, out);
    } else if (e.waitDescriptor() >= 0) {
      out.writeIndex(IO);
      io(e, out);
    } else {
      out.writeIndex(NONE);
    }
  }

  private void io(KernelEvent e, BinaryEncoder out) throws IOException {
    WaitFiles.Named named = files.of(e);
    out.writeInt(e.waitDescriptor());
    out.writeLong(e.waitOffset());
    out.writeLong(e.waitBytes());
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
      out.writeLong(file.block(e.waitOffset()));
      out.writeLong(relation == null ? 0 : relation.oid());
      out.writeBytes(name(relation));
    }
    out.writeBytes(named == null ? EMPTY : named.path);
  }

  /** An asynchronous IO: which blocks, and no descriptor, since another process may do it. */
  private void blocks(KernelEvent e, BinaryEncoder out) throws IOException {
    RelationNames.Relation relation =
        e.isWaitBlockTemporary()
            ? null
            : relations.ofFile(e.waitBlockDatabase(), WaitFile.PERMANENT, e.waitBlockFile());
    out.writeInt(-1);
    out.writeLong(-1);
    out.writeLong(e.waitBlocks() * WaitFile.BLOCK_BYTES);
    out.writeLong(e.waitBlockTablespace());
    out.writeLong(e.waitBlockDatabase());
    out.writeLong(e.waitBlockFile());
    out.writeString(WaitFile.forkName(e.waitBlockFork()));
    out.writeLong(e.waitBlock());
    out.writeLong(relation == null ? 0 : relation.oid());
    out.writeBytes(name(relation));
    out.writeBytes(EMPTY);
  }

  private byte[] name(RelationNames.Relation relation) {
    return relation == null ? EMPTY : encoding.toUtf8(relation.name());
  }

  /** LOCKTAG: three words, then a half word, the tag's type and the lock method. */
  private void lock(KernelEvent e, BinaryEncoder out) throws IOException {
    long database = Integer.toUnsignedLong(e.waitLockTag(0));
    long object = Integer.toUnsignedLong(e.waitLockTag(1));
    int type = e.waitLockTag(3) >>> 16 & 0xff;
    String typeName = names.lockType(type);
    out.writeLong(database);
    out.writeLong(object);
    out.writeLong(Integer.toUnsignedLong(e.waitLockTag(2)));
    out.writeInt(e.waitLockTag(3) & 0xffff);
    out.writeInt(type);
    out.writeInt(e.waitLockTag(3) >>> 24);
    out.writeInt(e.waitLockMode());
    out.writeString(typeName);
    out.writeString(LockMode.name(e.waitLockMode()));
    holders(e, out);
    out.writeBoolean(e.waitLockHoldersCut());
    RelationNames.Relation relation =
        LockMode.isOfRelation(typeName) ? relations.ofOid(database, object) : null;
    out.writeBytes(name(relation));
  }

  /** Each once: a leader and its workers are one holder. */
  private static void holders(KernelEvent e, BinaryEncoder out) throws IOException {
    int[] pids = new int[e.waitLockHolders()];
    for (int i = 0; i < pids.length; i++) {
      pids[i] = e.waitLockHolder(i);
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
