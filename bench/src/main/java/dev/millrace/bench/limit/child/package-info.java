/** What runs in the processes that are measured. They talk to {@code bench limit} by lines of JSON. */
@NullMarked
package dev.millrace.bench.limit.child;

import org.jspecify.annotations.NullMarked;
