/** Which topics there are, how they are named and keyed, and whether a broker has them. */
@NullMarked
package dev.millrace.schemas.topic;

import org.jspecify.annotations.NullMarked;
