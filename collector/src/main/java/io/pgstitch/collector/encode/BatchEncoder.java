package io.pgstitch.collector.encode;

import io.pgstitch.bpf.Levels;
import io.pgstitch.bpf.WaitNow;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.schema.AvroFraming;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKey;
import io.pgstitch.schema.SamplingRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;

/**
 * Puts one backend's batches together. The parts of a batch are written into buffers that are used
 * again, and copied once, into an array that is the batch's own: sender and spool keep it for as
 * long as they like. The order of the writes is the order of the fields in RawEventBatch.avsc.
 */
final class BatchEncoder {
  private static final SpecificDatumWriter<SamplingRule> RULES =
      new SpecificDatumWriter<>(SamplingRule.class);

  private final Backend backend;
  private final String key;
  private final EventNames names;
  private final boolean begunBefore;
  private final byte[] opening;
  private final long epochNanos;
  private final EncodedBytes head = new EncodedBytes(256);
  private final EncodedBytes middle = new EncodedBytes(16);
  private final EncodedBytes tail = new EncodedBytes(64);
  private final BinaryEncoder headOut = EncoderFactory.get().directBinaryEncoder(head, null);
  private final BinaryEncoder middleOut = EncoderFactory.get().directBinaryEncoder(middle, null);
  private final BinaryEncoder tailOut = EncoderFactory.get().directBinaryEncoder(tail, null);

  /**
   * @param begunBefore whether the backend was there before the collector
   */
  BatchEncoder(Backend backend, EventNames names, boolean begunBefore, StreamSettings settings) {
    this.backend = backend;
    this.key = BackendKey.of(backend);
    this.names = names;
    this.begunBefore = begunBefore;
    this.epochNanos = settings.epochNanos();
    this.opening = opening(backend, settings.schemaId());
  }

  /** The same for all batches: framing and backend. */
  private static byte[] opening(Backend backend, int schemaId) {
    try {
      EncodedBytes bytes = new EncodedBytes(256);
      AvroFraming.writeHeader(bytes, schemaId);
      BinaryEncoder out = EncoderFactory.get().directBinaryEncoder(bytes, null);
      new SpecificDatumWriter<>(Backend.class).write(backend, out);
      byte[] opening = new byte[bytes.size()];
      bytes.copyTo(opening, 0);
      return opening;
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /**
   * Makes a batch.
   *
   * @param wait of a sign of life, or null
   * @param rule in force when the batch was begun, or null
   * @param utcMillis its time
   */
  EncodedBatch encode(
      BatchHead start,
      StringTable strings,
      EventEncoder events,
      WaitNow wait,
      SamplingRule rule,
      WaitedFor waitedFor,
      long utcMillis) {
    int lossesAt;
    try {
      lossesAt = writeHead(start, strings);
      middle.clear();
      middleOut.writeArrayEnd();
      middleOut.writeArrayStart();
      middleOut.setItemCount(events.count());
      tail.clear();
      tailOut.writeArrayEnd();
      OpenWaits.write(wait, names, tailOut);
      writeRule(rule);
      waitedFor.write(tailOut);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return new EncodedBatch(
        key,
        backend.getPid(),
        backend.getStartNs(),
        joined(strings, events),
        utcMillis,
        events.count(),
        start.firstSequence(),
        start.lastSequence(),
        lossesAt,
        start.lostBefore(),
        start.droppedBefore());
  }

  /** Returns the offset of the losses in the batch. */
  private int writeHead(BatchHead start, StringTable strings) throws IOException {
    head.clear();
    headOut.writeInt(start.level() & Levels.TRACE);
    headOut.writeLong(epochNanos);
    headOut.writeLong(start.clock().getMonotonicNs());
    headOut.writeLong(start.clock().getUtcNs());
    headOut.writeLong(start.firstSequence());
    headOut.writeLong(start.lastSequence());
    int lossesAt = opening.length + head.size();
    headOut.writeLong(start.lostBefore());
    headOut.writeLong(start.droppedBefore());
    headOut.writeBoolean(begunBefore);
    headOut.writeLong(start.baseNanos());
    headOut.writeLong(start.stackBase());
    headOut.writeArrayStart();
    headOut.setItemCount(strings.count());
    return lossesAt;
  }

  private void writeRule(SamplingRule rule) throws IOException {
    tailOut.writeIndex(rule == null ? 0 : 1);
    if (rule != null) {
      RULES.write(rule, tailOut);
    }
  }

  private byte[] joined(StringTable strings, EventEncoder events) {
    byte[] batch =
        new byte
            [opening.length
                + head.size()
                + strings.size()
                + middle.size()
                + events.size()
                + tail.size()];
    System.arraycopy(opening, 0, batch, 0, opening.length);
    int at = head.copyTo(batch, opening.length);
    at = strings.copyTo(batch, at);
    at = middle.copyTo(batch, at);
    at = events.copyTo(batch, at);
    tail.copyTo(batch, at);
    return batch;
  }
}
