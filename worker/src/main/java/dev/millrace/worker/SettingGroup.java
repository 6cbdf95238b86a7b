package dev.millrace.worker;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What settings are listed under, in the order of the list. A setting belongs to the group that has its key's prefix. */
enum SettingGroup {
    IDENTITY("Identity and topics", "millrace.id", "millrace.group", "millrace.topic."),
    WIRE("Wire format", "millrace.wire.", "millrace.schema."),
    LANES("Lanes and devices", "millrace.lanes", "millrace.device.", "millrace.cuda."),
    BATCHING("Images and batching", "millrace.batch.", "millrace.image."),
    DELIVERY(
            "Delivery and overload",
            "millrace.delivery",
            "millrace.txn.",
            "millrace.queue.",
            "millrace.revoke.",
            "millrace.retry.",
            "millrace.inflight.",
            "millrace.overload.",
            "millrace.killer.",
            "millrace.reply."),
    MODELS("Models", "millrace.model.", "millrace.models.", "millrace.top.", "millrace.trusted.", "millrace.artifact."),
    WATCHING("Health, metrics and status", "millrace.http.", "millrace.heartbeat");

    final String title;

    @SuppressWarnings("ImmutableEnumChecker") // Made by List.of.
    private final List<String> prefixes;

    SettingGroup(String title, String... prefixes) {
        this.title = title;
        this.prefixes = List.of(prefixes);
    }

    /** The settings of this group, in the order they are declared. */
    List<Setting> settings() {
        return Arrays.stream(Setting.values()).filter(this::contains).toList();
    }

    /** Every setting, group by group. */
    static List<Setting> allSettings() {
        return Stream.of(values()).flatMap(group -> group.settings().stream()).toList();
    }

    private boolean contains(Setting setting) {
        return prefixes.stream().anyMatch(setting.key::startsWith);
    }
}
