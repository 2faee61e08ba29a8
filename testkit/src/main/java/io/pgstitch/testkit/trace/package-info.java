/**
 * A judge of 10046 trace files that shares no code with what writes them: grammar, cursors, and the
 * identities that the times of real files keep.
 */
package io.pgstitch.testkit.trace;
