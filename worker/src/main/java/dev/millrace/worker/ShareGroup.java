package dev.millrace.worker;

import dev.millrace.worker.delivery.DeliveryMode;
import dev.millrace.worker.intake.ShareTerms;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The settings that a share group has on the broker: completed by a worker before its lanes join. */
final class ShareGroup {
    private static final Logger log = LoggerFactory.getLogger(ShareGroup.class);
    private static final String RENEWAL = "share.renew.acknowledge.enable";
    private static final String DEAD_LETTERS = "errors.deadletterqueue.topic.name";
    private static final String TOPIC_TAKES_LETTERS = "errors.deadletterqueue.group.enable";

    private static final int CATCHING_UP = 300;
    private static final long CATCHING_UP_PAUSE_MS = 100;

    /** Taken for granted where the broker does not tell: no renewal that it may refuse, no letter that it may write, too. */
    private static final ShareTerms UNTOLD = new ShareTerms(false, true);

    private ShareGroup() {}

    /**
     * Checks that the name is not taken by a group that members of this mode cannot join; the broker would refuse each of them
     * for ever.
     *
     * @throws WorkerStartException when it is
     */
    static void requireNameFor(DeliveryMode mode, Admin admin, String group)
            throws InterruptedException, ExecutionException, WorkerStartException {
        boolean queue = mode == DeliveryMode.QUEUE;
        for (GroupListing found : admin.listGroups().all().get()) {
            GroupType type = found.type().orElse(GroupType.UNKNOWN);
            boolean share = type == GroupType.SHARE;
            if (found.groupId().equals(group) && share != queue && type != GroupType.UNKNOWN) {
                throw new WorkerStartException(Setting.GROUP.key + ": " + group + " is a "
                        + type.toString().toLowerCase(Locale.ROOT)
                        + " group (expected: a name of its own for --delivery "
                        + mode + ")");
            }
        }
    }

    /**
     * Sets what the group needs and nobody has set: to begin with the oldest request, to read what is committed only, ten
     * deliveries, and the dead-letter topic for a record that none of them settled. What an operator has set stays. A worker
     * that may not set or see these goes on without, and says so.
     *
     * @return what the broker grants
     * @throws WorkerStartException when the broker does not answer, or does not come to know them
     */
    static ShareTerms prepare(Admin admin, String group, String deadLetters)
            throws InterruptedException, WorkerStartException {
        ConfigResource letters = new ConfigResource(ConfigResource.Type.TOPIC, deadLetters);
        Map<String, String> wanted = new LinkedHashMap<>();
        wanted.put("share.auto.offset.reset", "earliest");
        wanted.put("share.isolation.level", "read_committed");
        wanted.put("share.delivery.count.limit", "10");
        try {
            complete(admin, letters, Map.of(TOPIC_TAKES_LETTERS, "true"));
            // Only now: the broker refuses a group whose topic takes no letters.
            wanted.put("errors.deadletterqueue.copy.record.enable", "true");
            wanted.put(DEAD_LETTERS, deadLetters);
        } catch (ExecutionException e) {
            goOnWithout(deadLetters, e);
        }
        try {
            return complete(admin, group, wanted);
        } catch (ExecutionException e) {
            goOnWithout(group, e);
            return UNTOLD;
        }
    }

    private static ShareTerms complete(Admin admin, String group, Map<String, String> wanted)
            throws InterruptedException, ExecutionException, WorkerStartException {
        Config now = complete(admin, new ConfigResource(ConfigResource.Type.GROUP, group), wanted);
        ConfigEntry renewal = now.get(RENEWAL);
        ConfigEntry keeper = now.get(DEAD_LETTERS);
        return new ShareTerms(
                renewal != null && Boolean.parseBoolean(renewal.value()),
                keeper != null && keeper.value() != null && !keeper.value().isEmpty());
    }

    private static void goOnWithout(String resource, ExecutionException e) throws WorkerStartException {
        if (e.getCause() instanceof RetriableException) {
            throw new WorkerStartException(
                    "settings of " + resource + ": " + e.getCause().getMessage() + " (expected: a broker that answers)",
                    e);
        }
        log.atWarn()
                .addKeyValue("resource", resource)
                .addKeyValue("error", e.getCause())
                .log("settings left as they are (expected: the right to describe and alter them)");
    }

    /** Returns what is in force, with the changes: a group that begins before they are would pass over its oldest requests. */
    private static Config complete(Admin admin, ConfigResource resource, Map<String, String> wanted)
            throws InterruptedException, ExecutionException, WorkerStartException {
        Config found = describe(admin, resource);
        List<AlterConfigOp> missing = missing(found, wanted);
        if (missing.isEmpty()) {
            return found;
        }
        Map<ConfigResource, Collection<AlterConfigOp>> change = Map.of(resource, missing);
        admin.incrementalAlterConfigs(change).all().get();
        // The controller has answered; the brokers follow it as they read its log.
        for (int attempt = 0; attempt < CATCHING_UP; attempt++) {
            Config now = describe(admin, resource);
            if (missing(now, wanted).isEmpty()) {
                return now;
            }
            Thread.sleep(CATCHING_UP_PAUSE_MS);
        }
        throw new WorkerStartException("settings of " + resource.name() + ": not in force "
                + CATCHING_UP * CATCHING_UP_PAUSE_MS / 1_000
                + " s after the controller took them (expected: a broker that keeps up with it)");
    }

    /** What nobody has set, of what the broker knows: for a setting that it does not know it would refuse all of them. */
    private static List<AlterConfigOp> missing(Config found, Map<String, String> wanted) {
        List<AlterConfigOp> missing = new ArrayList<>();
        wanted.forEach((name, value) -> {
            ConfigEntry entry = found.get(name);
            if (entry != null && !isSet(entry)) {
                missing.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
            }
        });
        return missing;
    }

    private static boolean isSet(ConfigEntry entry) {
        return entry.source() == ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG
                || entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG;
    }

    private static Config describe(Admin admin, ConfigResource resource)
            throws InterruptedException, ExecutionException {
        return admin.describeConfigs(List.of(resource)).all().get().getOrDefault(resource, new Config(List.of()));
    }
}
