package dev.millrace.trainer.dataset;

import java.net.URI;

/**
 * A file of a data set as its makers publish it.
 *
 * @param md5 32 lower-case hex digits
 */
record RemoteFile(URI address, String md5) {
    /** The last part of its address. */
    String name() {
        String path = address.getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
