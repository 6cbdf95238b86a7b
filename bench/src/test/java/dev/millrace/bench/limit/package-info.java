@NullMarked
package dev.millrace.bench.limit;

import org.jspecify.annotations.NullMarked;
