@NullMarked
package dev.millrace.bench.faults.guarantee;

import org.jspecify.annotations.NullMarked;
