/** A long steady load: whether memory, descriptors and threads of the processes stay what they were. */
@NullMarked
package dev.millrace.bench.soak;

import org.jspecify.annotations.NullMarked;
