/** Pictures with what was found on them, for people: the same from a program's own answers and from results on Kafka. */
@NullMarked
package dev.millrace.schemas.picture;

import org.jspecify.annotations.NullMarked;
