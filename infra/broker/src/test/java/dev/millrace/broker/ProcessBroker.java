package dev.millrace.broker;

/** The product's own broker process. */
final class ProcessBroker implements RunningBroker {

    private final BrokerProcess process = BrokerProcess.launch().start();

    @Override
    public String bootstrapServers() {
        return process.bootstrapServers();
    }

    @Override
    public void close() {
        process.close();
    }
}
