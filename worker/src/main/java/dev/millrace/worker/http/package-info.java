/** Health, readiness, status, metrics and model metadata over HTTP, from snapshots. Vert.x event loop; never touches a lane. */
@NullMarked
package dev.millrace.worker.http;

import org.jspecify.annotations.NullMarked;
