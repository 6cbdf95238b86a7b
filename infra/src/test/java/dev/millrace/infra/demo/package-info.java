@NullMarked
package dev.millrace.infra.demo;

import org.jspecify.annotations.NullMarked;
