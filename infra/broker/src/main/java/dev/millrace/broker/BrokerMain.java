package dev.millrace.broker;

import picocli.CommandLine;

/** Entry point of the broker process. */
public final class BrokerMain {

    private BrokerMain() {}

    public static void main(String[] args) {
        // Logback reads this once, at the first logger; other back ends ignore it.
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "dev/millrace/broker/logback.xml");
        }
        System.exit(new CommandLine(new BrokerCommand()).execute(args));
    }
}
