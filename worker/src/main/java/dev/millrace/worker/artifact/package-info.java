/**
 * Where a version's ONNX bytes come from: the artifacts topic, a file or an HTTPS server, through a cache on disk. What
 * leaves this package are bytes in memory whose SHA-256 was checked there; nothing is read a second time.
 */
@NullMarked
package dev.millrace.worker.artifact;

import org.jspecify.annotations.NullMarked;
