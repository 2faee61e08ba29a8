package io.pgstitch.collector.encode;

import io.pgstitch.schema.ClockAnchor;

/**
 * What stands before a batch's texts and events, of that which changes; the fields of
 * RawEventBatch.avsc of these names. Times are CLOCK_MONOTONIC nanoseconds.
 *
 * @param level bits of {@link io.pgstitch.bpf.Levels}
 * @param clock when the batch is made
 * @param firstSequence of its events
 * @param lastSequence one less than the first when it covers none
 * @param lostBefore events lost before it
 * @param droppedBefore how many of those the collector dropped
 * @param baseNanos from which its first event counts
 * @param stackBase from which its stack pointers count, downwards
 */
record BatchHead(
    int level,
    ClockAnchor clock,
    long firstSequence,
    long lastSequence,
    long lostBefore,
    long droppedBefore,
    long baseNanos,
    long stackBase) {}
