/** Fuzzing for the tests of every module: damaged bytes, and what a decoder may cost that reads them. */
@NullMarked
package dev.millrace.schemas.fuzz;

import org.jspecify.annotations.NullMarked;
