/** Datasets as sources of images to publish. */
@NullMarked
package dev.millrace.infra.source;

import org.jspecify.annotations.NullMarked;
