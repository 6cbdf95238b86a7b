/** The {@code produce} and {@code results} commands: users of the client library like any other. */
@NullMarked
package dev.millrace.producer.cli;

import org.jspecify.annotations.NullMarked;
