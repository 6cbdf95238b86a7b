@NullMarked
package dev.millrace.infra.process;

import org.jspecify.annotations.NullMarked;
