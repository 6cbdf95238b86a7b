package dev.millrace.trainer.judge;

/** Where a number lies, both ends included. An end that is not known is infinite, or the end of the range that the number can have. */
record Interval(double low, double high) {
    /** How much this lies above another one that is as uncertain. */
    Interval minus(Interval other) {
        return new Interval(low - other.high, high - other.low);
    }

    /** How many times another one this is; both from 0. */
    Interval over(Interval other) {
        return new Interval(
                Double.isInfinite(other.high) || low <= 0 ? 0 : low / other.high,
                other.low <= 0 ? Double.POSITIVE_INFINITY : high / other.low);
    }
}
