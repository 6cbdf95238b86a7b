@NullMarked
package dev.millrace.bench.soak;

import org.jspecify.annotations.NullMarked;
