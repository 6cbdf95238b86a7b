package dev.millrace.bench.soak;

/** A figure at one moment, in seconds since the soak began. */
record Reading(double seconds, double value) {}
