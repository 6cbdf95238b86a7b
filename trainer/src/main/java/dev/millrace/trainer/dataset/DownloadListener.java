package dev.millrace.trainer.dataset;

/** Is told how a download goes, by the thread that downloads. */
public interface DownloadListener {
    /** Tells nobody. */
    DownloadListener NONE = new DownloadListener() {
        @Override
        public void waiting(String file) {}

        @Override
        public void started(String file, long have, long total) {}

        @Override
        public void received(int bytes) {}

        @Override
        public void ended() {}
    };

    /** Another process downloads this file; its end is waited for. */
    void waiting(String file);

    /**
     * A file begins, or goes on after it broke off.
     *
     * @param have bytes that are here from earlier
     * @param total bytes of the whole file; -1 where the server does not say
     */
    void started(String file, long have, long total);

    /** So many bytes more are here. */
    void received(int bytes);

    /** The file is whole, or broke off. */
    void ended();
}
