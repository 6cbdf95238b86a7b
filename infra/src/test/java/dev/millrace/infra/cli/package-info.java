@NullMarked
package dev.millrace.infra.cli;

import org.jspecify.annotations.NullMarked;
