/**
 * A client of a schema registry that speaks Confluent's API: which schema has an id, and which id a schema has. It brings
 * schemas to be recognized, never to be read with.
 */
@NullMarked
package dev.millrace.schemas.confluent;

import org.jspecify.annotations.NullMarked;
