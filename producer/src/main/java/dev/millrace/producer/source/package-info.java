/** Where images come from: a file, a folder, or whatever an application's own resolver names. */
@NullMarked
package dev.millrace.producer.source;

import org.jspecify.annotations.NullMarked;
