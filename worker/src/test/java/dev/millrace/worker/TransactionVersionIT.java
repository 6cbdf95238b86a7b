package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.BrokerProcess;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A cluster whose transactions are of the first protocol. */
class TransactionVersionIT {
    @Test
    void isRefusedBeforeAnyLaneJoins() throws Exception {
        try (BrokerProcess broker = BrokerProcess.launch().start()) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
                new TopicProvisioner(admin).createMissing(new Topics("millrace.").catalogue(1, (short) -1));
                admin.updateFeatures(
                                Map.of(
                                        "transaction.version",
                                        new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)),
                                new UpdateFeaturesOptions())
                        .all()
                        .get();
            }
            StringWriter err = new StringWriter();

            int code = new CommandLine(new WorkerCommand())
                    .setErr(new PrintWriter(err, true))
                    .execute("--bootstrap", broker.bootstrapServers(), "--delivery", "exactly-once");

            assertThat(code).isEqualTo(1);
            assertThat(err.toString())
                    .contains("transaction.version: 1 (expected: 2 for --delivery exactly-once")
                    .contains("kafka-features.sh");
        }
    }
}
