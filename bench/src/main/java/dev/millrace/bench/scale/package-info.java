/** What it costs that lanes and workers are many, where computing costs nothing. */
@NullMarked
package dev.millrace.bench.scale;

import org.jspecify.annotations.NullMarked;
