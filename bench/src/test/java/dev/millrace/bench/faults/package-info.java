@NullMarked
package dev.millrace.bench.faults;

import org.jspecify.annotations.NullMarked;
