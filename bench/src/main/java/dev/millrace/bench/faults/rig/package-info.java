/** The test bed that faults are injected into: one broker, its workers, a proxy before each of them. */
@NullMarked
package dev.millrace.bench.faults.rig;

import org.jspecify.annotations.NullMarked;
