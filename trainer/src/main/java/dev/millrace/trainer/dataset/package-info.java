/**
 * Labelled images by name: reads Fashion-MNIST (IDX), CIFAR-100 (binary version) and the bundled sample into memory, split into
 * train, validation and test. Of Millrace it
 * needs the decoder that serves, else the JDK only.
 */
@NullMarked
package dev.millrace.trainer.dataset;

import org.jspecify.annotations.NullMarked;
