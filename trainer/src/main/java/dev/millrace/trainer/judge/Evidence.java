package dev.millrace.trainer.judge;

/**
 * What was seen of a trial's two versions since its step began.
 *
 * @param pairs only of a shadow trial: a canary's versions answer different requests
 * @param forgotten requests that were answered and are remembered no more, because too many came after them: a label would be too late
 */
public record Evidence(Arm champion, Arm challenger, Pairs pairs, long forgotten) {}
