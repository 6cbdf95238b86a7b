package dev.millrace.trainer.judge;

/**
 * What both versions answered to the same requests.
 *
 * @param both answered by both
 * @param agreed sum of {@link Content#agreement} over these: of best labels, how many are the same
 * @param labelled of these, those with best labels whose true one is known
 * @param championOnly of the labelled, those that only the champion got right
 * @param challengerOnly the same for the challenger
 */
record Pairs(long both, double agreed, long labelled, long championOnly, long challengerOnly) {
    Interval agreement(double alpha) {
        return BetaMixture.SHARE.mean(agreed, both, alpha);
    }

    /**
     * How much more accurate the champion is. As in McNemar's test only requests that one of them got right say anything (Q. McNemar,
     * Psychometrika 12 (1947) 153-157).
     */
    Interval drop(double alpha) {
        return BetaMixture.SHARE
                .share(championOnly, labelled, alpha / 2)
                .minus(BetaMixture.SHARE.share(challengerOnly, labelled, alpha / 2));
    }
}
