/** The log of the command: what of it is written, and how. SLF4J finds it as its provider. */
package io.pgstitch.cli.log;
