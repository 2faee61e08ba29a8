/** The topic of dead letters, as an operator sees it: what is in it, and trying it again. */
package io.pgstitch.exporter.deadletter;
