/**
 * The {@code pgstitch} command: one class per subcommand, which wires the other modules together
 * and has no logic of its own.
 */
package io.pgstitch.cli;
