/**
 * Encoded image bytes to uint8 pixels in a model's layout, or a reason why not. Needs nothing but the JDK; knows no
 * broker, wire format or runtime.
 */
@NullMarked
package dev.millrace.worker.decode;

import org.jspecify.annotations.NullMarked;
