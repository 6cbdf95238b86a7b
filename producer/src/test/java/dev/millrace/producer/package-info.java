/** Tests of the client library. */
@NullMarked
package dev.millrace.producer;

import org.jspecify.annotations.NullMarked;
