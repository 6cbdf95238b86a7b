/**
 * The model registry: what the records of the control topic mean together. Workers, trainers and tools fold them with the same code, and
 * so agree.
 */
@NullMarked
package dev.millrace.schemas.registry;

import org.jspecify.annotations.NullMarked;
