/** The whole loop on one machine: broker, model version, workers, images, and what came of them. */
@NullMarked
package dev.millrace.infra.demo;

import org.jspecify.annotations.NullMarked;
