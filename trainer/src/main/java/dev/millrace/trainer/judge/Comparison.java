package dev.millrace.trainer.judge;

/**
 * What one figure says.
 *
 * @param champion its own figure; NaN where it has none
 * @param challenger the same
 * @param worse how much worse the challenger is, at the policy's alpha: a share, for times the ratio, of agreement what lacks of all
 * @param limit how much worse it may be
 */
record Comparison(Figure figure, double champion, double challenger, Interval worse, double limit, Finding finding) {
    /** What is proven. */
    enum Finding {
        /** That it is within its limit. */
        FINE,
        /** Neither. */
        OPEN,
        /** That it is beyond its limit. */
        HARM
    }

    /** @param strict the same difference at the level at which harm is found */
    static Comparison of(
            Figure figure, double champion, double challenger, Interval worse, Interval strict, double limit) {
        Finding finding = strict.low() > limit ? Finding.HARM : worse.high() <= limit ? Finding.FINE : Finding.OPEN;
        return new Comparison(figure, champion, challenger, worse, limit, finding);
    }

    String sentence() {
        String values = figure == Figure.AGREEMENT
                ? figure.own(challenger)
                : "%s, the champion's %s".formatted(figure.own(challenger), figure.own(champion));
        return "%s %s (worse by %s to %s; allowed: %s)"
                .formatted(
                        figure.key(),
                        values,
                        figure.difference(worse.low()),
                        figure.difference(worse.high()),
                        figure.difference(limit));
    }
}
