@NullMarked
package dev.millrace.bench.faults.child;

import org.jspecify.annotations.NullMarked;
