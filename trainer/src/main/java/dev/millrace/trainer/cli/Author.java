package dev.millrace.trainer.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** In whose name a command writes to the registry. */
final class Author {
    private Author() {}

    /** As {@code user@host}. */
    static String here() {
        return System.getProperty("user.name", "unknown") + "@" + host();
    }

    static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }
}
