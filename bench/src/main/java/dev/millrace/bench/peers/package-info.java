/** {@code millrace bench peers}: the programs of {@code bench/peers} and a worker, on the same CPUs, asked the same. */
@NullMarked
package dev.millrace.bench.peers;

import org.jspecify.annotations.NullMarked;
