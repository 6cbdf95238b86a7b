/** The {@code millrace} command: its subcommands, help, exit codes and logging. */
@NullMarked
package dev.millrace.infra.cli;

import org.jspecify.annotations.NullMarked;
