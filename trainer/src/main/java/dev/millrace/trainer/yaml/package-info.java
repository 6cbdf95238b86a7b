/** Reads what people write down in YAML, and says in one line what is wrong with it. */
@NullMarked
package dev.millrace.trainer.yaml;

import org.jspecify.annotations.NullMarked;
