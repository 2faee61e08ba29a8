/** The log of the command: how the JDK's logging is set up, and what of it is written how. */
package io.pgstitch.cli.log;
