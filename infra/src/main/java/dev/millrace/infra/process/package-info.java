/** Child JVMs of one command: started, watched, stopped in order, and gone when their parent is gone. */
@NullMarked
package dev.millrace.infra.process;

import org.jspecify.annotations.NullMarked;
