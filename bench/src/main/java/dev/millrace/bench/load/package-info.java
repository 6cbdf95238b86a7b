/** How long an answer takes when requests come at their own rate, whatever the worker does. */
@NullMarked
package dev.millrace.bench.load;

import org.jspecify.annotations.NullMarked;
