/**
 * A worker between two topics, as measurements need it: a broker for it alone, requests that were there before or that come at their own
 * rate, and an account of what its process uses.
 */
@NullMarked
package dev.millrace.bench.bed;

import org.jspecify.annotations.NullMarked;
