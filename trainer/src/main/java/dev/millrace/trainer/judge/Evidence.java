package dev.millrace.trainer.judge;

/**
 * What was seen of a trial's two versions since its step began.
 *
 * @param pairs only of a shadow trial: a canary's versions answer different requests
 * @param forgotten results that no label can be joined to any more, because too many came after them
 */
public record Evidence(Arm champion, Arm challenger, Pairs pairs, long forgotten) {}
