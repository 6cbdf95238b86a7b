package dev.millrace.schemas.registry;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Reads the records of the control topic into a {@link RegistryState}. One thread at a time. */
public final class RegistryFold {
    private final WireCodec<ModelVersion> versions = new WireCodec<>(ModelVersion.class);
    private final WireCodec<Rollout> rollouts = new WireCodec<>(Rollout.class);
    private RegistryState state = RegistryState.EMPTY;

    /** Begins with nothing. */
    public RegistryFold() {}

    /** What has been read so far. */
    public RegistryState state() {
        return state;
    }

    /**
     * Reads one more record. An event of the story changes nothing, nor does a key of a kind that this version does not know.
     *
     * @throws MalformedRecordException when its value cannot be read
     * @throws IllegalArgumentException when its value is not about what its key names; in both cases the state stays as it is
     */
    public void add(ConsumerRecord<String, byte[]> record) throws MalformedRecordException {
        ControlKey key = ControlKey.parse(record.key());
        byte @Nullable [] value = record.value();
        if (key == null || key instanceof ControlKey.Story) {
            return;
        }
        if (value == null) {
            state = state.with(key, record.offset(), null);
        } else if (key instanceof ControlKey.Model) {
            state = state.with(key, record.offset(), versions.decode(value));
        } else {
            state = state.with(key, record.offset(), consistent(key, rollouts.decode(value)));
        }
    }

    /** A decision must be of the model that its key names, for a version that can be: one that is not would stop all. */
    private static Rollout consistent(ControlKey key, Rollout rollout) {
        if (!key.equals(new ControlKey.RolloutOf(rollout.getModel())) || rollout.getChampion() < 1) {
            throw new IllegalArgumentException("rollout: of " + rollout.getModel() + " v" + rollout.getChampion()
                    + " (expected: of the key's model, version 1 or more)");
        }
        return rollout;
    }
}
