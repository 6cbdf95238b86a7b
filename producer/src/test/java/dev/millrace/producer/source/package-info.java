/** Tests of the image sources. */
@NullMarked
package dev.millrace.producer.source;

import org.jspecify.annotations.NullMarked;
