/** The stream processor: raw events in, traces out. */
package io.pgstitch.processor;
