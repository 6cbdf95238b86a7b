package dev.millrace.broker;

/** A broker that a test JVM started; JUnit's store closes it when the last test has run. */
sealed interface RunningBroker extends AutoCloseable permits ProcessBroker, ContainerBroker {

    String bootstrapServers();

    @Override
    void close();
}
