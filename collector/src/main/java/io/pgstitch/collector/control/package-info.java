/**
 * Switching sessions from outside: commands of the control topic are carried out and answered. Only
 * {@link io.pgstitch.collector.control.ControlListener} knows Kafka.
 */
package io.pgstitch.collector.control;
