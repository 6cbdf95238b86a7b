package dev.millrace.bench.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The programs of the peers, where {@code bench/peers/install} has put them. */
record Installed(Path folder) {
    /** How they get there, for messages. */
    static final String COMMAND = "bash bench/peers/install";

    /** What lacks for a peer; empty: nothing. */
    Optional<Path> missing(Peer peer) {
        Path needed =
                switch (peer.host()) {
                    case WORKER -> Path.of("");
                    case JVM, JVM_JSON -> folder.resolve(peer.folder()).resolve("target/lib");
                    case PYTHON -> python();
                    case NODE -> folder.resolve("node/node_modules");
                };
        return peer.isMillrace() || Files.exists(needed) ? Optional.empty() : Optional.of(needed);
    }

    private Path python() {
        return folder.resolve("python/venv/bin/python");
    }

    /** What starts one that is no worker. */
    List<String> command(Peer peer, List<String> jvmFlags) {
        List<String> command = new ArrayList<>();
        switch (peer.host()) {
            case JVM, JVM_JSON -> {
                command.add(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
                command.addAll(jvmFlags);
                // Avro makes no instances of classes that nobody has named.
                command.add("-Dorg.apache.avro.SERIALIZABLE_PACKAGES=dev.millrace.schemas");
                command.addAll(
                        List.of("-cp", folder.resolve(peer.folder()).resolve("target/lib") + "/*", peer.program()));
            }
            case PYTHON ->
                command.addAll(List.of(
                        python().toString(),
                        folder.resolve(peer.folder()).resolve(peer.program()).toString()));
            case NODE ->
                command.addAll(List.of(
                        "node",
                        folder.resolve(peer.folder()).resolve(peer.program()).toString()));
            case WORKER -> throw new IllegalArgumentException("peer: a worker (expected: a program)");
        }
        return command;
    }
}
