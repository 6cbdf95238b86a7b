@NullMarked
package dev.millrace.bench.faults.history;

import org.jspecify.annotations.NullMarked;
