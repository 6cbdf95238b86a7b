/** What people read about a trained model: its card and its learning curve. */
@NullMarked
package dev.millrace.trainer.card;

import org.jspecify.annotations.NullMarked;
