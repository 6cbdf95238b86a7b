package dev.millrace.worker.intake;

/**
 * What the broker grants a share group.
 *
 * @param renews whether a member may renew its lock on a record (KIP-1222)
 * @param keepsRejected whether the broker writes a dead letter of its own for each record that a member rejects (KIP-1191)
 */
public record ShareTerms(boolean renews, boolean keepsRejected) {}
