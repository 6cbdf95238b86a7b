/** The worker module's own commands: thin picocli front ends of its public classes. */
@NullMarked
package dev.millrace.worker.cli;

import org.jspecify.annotations.NullMarked;
