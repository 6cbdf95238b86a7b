/** Class paths that lack something. For the tests of all modules. */
@NullMarked
package dev.millrace.schemas.classpath;

import org.jspecify.annotations.NullMarked;
