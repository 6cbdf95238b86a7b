/**
 * Labelled images by name: CIFAR-10 and CIFAR-100 (binary version), MNIST and Fashion-MNIST (IDX), downloaded where they are not at hand,
 * folders of pictures, and the bundled sample; split into train, validation and test, and resized to what a network takes. Of Millrace it
 * needs the decoder that serves, else the JDK only.
 */
@NullMarked
package dev.millrace.trainer.dataset;

import org.jspecify.annotations.NullMarked;
