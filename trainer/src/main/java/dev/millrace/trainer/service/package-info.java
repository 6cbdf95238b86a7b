/**
 * The trainer as a service: what its roles read from Kafka, and that one process at a time acts. What they conclude is decided purely
 * elsewhere, and what they decide is written by {@code publish}.
 */
@NullMarked
package dev.millrace.trainer.service;

import org.jspecify.annotations.NullMarked;
