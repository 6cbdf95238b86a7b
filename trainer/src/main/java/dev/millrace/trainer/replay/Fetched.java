package dev.millrace.trainer.replay;

/**
 * What became of the requests that were asked for. One that was asked for twice, such as with two labels, counts once.
 *
 * @param taken whose picture was handed on
 * @param expired that are not in their topic any more
 * @param unknown that never were where they should be: another record is there, or none yet, or it is no topic of requests
 * @param undecodable whose picture is not one that the model takes
 */
public record Fetched(long taken, long expired, long unknown, long undecodable) {
    /** Of nothing. */
    public static final Fetched NOTHING = new Fetched(0, 0, 0, 0);

    /** Of both. */
    public Fetched plus(Fetched other) {
        return new Fetched(
                taken + other.taken, expired + other.expired, unknown + other.unknown, undecodable + other.undecodable);
    }
}
