package dev.millrace.trainer.service;

/** What a trainer does, turn after turn; one thread calls all of it. */
public interface Role extends AutoCloseable {
    /**
     * Does what is next. Returns after some hundred milliseconds where there is nothing.
     *
     * @return false when something did not do as it should: the next turn begins anew, and should wait a little
     */
    boolean turn() throws InterruptedException;

    @Override
    void close();
}
