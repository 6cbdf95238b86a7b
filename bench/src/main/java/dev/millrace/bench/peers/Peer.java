package dev.millrace.bench.peers;

import java.util.List;

/**
 * Somebody who answers image requests off a topic.
 *
 * @param name in reports
 * @param folder in the folder of the peers
 * @param program what is run: a main class, a script, or nothing for a worker
 * @param sources of its users, in the folder of the peers
 * @param settings what it is told beside its defaults, for people
 */
record Peer(String name, Host host, String folder, String program, List<String> sources, String settings) {
    /** What runs a program. */
    enum Host {
        /** {@code millrace worker}. */
        WORKER,
        JVM,
        /** On a JVM; takes floats as JSON and repeats them in its answers. */
        JVM_JSON,
        PYTHON,
        NODE
    }

    /** The name of ours. */
    static final String MILLRACE = "millrace";

    /** The name of the one whose load all are measured at. */
    static final String FAIR = "kafka-streams";

    /** The name of the published one. */
    static final String CRAYFISH = "crayfish-kafka-streams";

    /** In the order of tables. */
    static final List<Peer> ALL = List.of(
            new Peer(MILLRACE, Host.WORKER, "", "", List.of(), "one lane, millrace.batch.max=8, at-least-once"),
            jvm("kafka-loop", "KafkaLoop", "a session run for each record; linger.ms 1, group.protocol consumer"),
            jvm(FAIR, "Streams", "a session run for each record; linger.ms 1 (Kafka Streams: 100)"),
            jvm("spring-kafka-batch", "SpringBatch", "batch listener, runs of up to 8; linger.ms 1"),
            new Peer(
                    "parallel-consumer",
                    Host.JVM,
                    "parallel",
                    "dev.millrace.peers.Parallel",
                    List.of("parallel/src/main/java/dev/millrace/peers/Parallel.java", source("Classifier")),
                    "unordered, batchSize 8, maxConcurrency 1; linger.ms 1; its Kafka 3.9"),
            new Peer(
                    "python",
                    Host.PYTHON,
                    "python",
                    "classify.py",
                    List.of("python/classify.py"),
                    "confluent-kafka, fastavro, numpy; runs of up to 8; linger.ms 1, fetch.wait.max.ms 100"),
            new Peer(
                    "node",
                    Host.NODE,
                    "node",
                    "classify.mjs",
                    List.of("node/classify.mjs"),
                    "kafkajs, avsc; runs of up to 8; maxWaitTimeInMs 100"),
            new Peer(
                    CRAYFISH,
                    Host.JVM_JSON,
                    "java",
                    "dev.millrace.peers.CrayfishStreams",
                    List.of(source("CrayfishStreams")),
                    "as published (EDBT 2024), written anew: floats as JSON, fp32, defaults; Kafka 4.4 for 3.2, ONNX"
                            + " Runtime 1.29 for 1.12"));

    Peer {
        sources = List.copyOf(sources);
    }

    private static Peer jvm(String name, String main, String settings) {
        return new Peer(
                name,
                Host.JVM,
                "java",
                "dev.millrace.peers." + main,
                List.of(source(main), source("Classifier")),
                settings);
    }

    private static String source(String main) {
        return "java/src/main/java/dev/millrace/peers/" + main + ".java";
    }

    /** Whether it takes a model of that precision. */
    boolean takes(String precision) {
        return host != Host.JVM_JSON || precision.equals("fp32");
    }

    /** Whether it is ours. */
    boolean isMillrace() {
        return host == Host.WORKER;
    }

    /** Whether it speaks JSON. */
    boolean speaksJson() {
        return host == Host.JVM_JSON;
    }
}
