/** What a person at a terminal sees while something long goes on. */
@NullMarked
package dev.millrace.bench.terminal;

import org.jspecify.annotations.NullMarked;
