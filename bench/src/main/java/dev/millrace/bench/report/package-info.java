/** What measurements found, for people: from the JSON files of a folder to a page with plots, and to a section of bench/README.md. */
@NullMarked
package dev.millrace.bench.report;

import org.jspecify.annotations.NullMarked;
