package dev.millrace.worker.telemetry;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/**
 * Writes a lane's stages to the JDK Flight Recorder (JEP 328): {@code millrace.Take}, {@code Decode}, {@code Batch},
 * {@code Infer}, {@code Publish} and {@code Commit}. Allocates nothing while nobody records. Lane thread only.
 */
public final class StageRecording {
    private static final TakeEvent TAKE = new TakeEvent();
    private static final DecodeEvent DECODE = new DecodeEvent();
    private static final BatchEvent BATCH = new BatchEvent();
    private static final InferEvent INFER = new InferEvent();
    private static final PublishEvent PUBLISH = new PublishEvent();
    private static final CommitEvent COMMIT = new CommitEvent();

    private final int lane;
    private @Nullable TakeEvent take;
    private @Nullable DecodeEvent decode;
    private @Nullable InferEvent infer;
    private @Nullable CommitEvent commit;
    private String model = "";
    private int version;
    private int size;

    /** The recording of one lane, by its number. */
    public StageRecording(int lane) {
        this.lane = lane;
    }

    /** The lane begins to wait for records. */
    public void taking() {
        take = TAKE.isEnabled() ? new TakeEvent() : null;
        begin(take);
    }

    /** The wait is over; nothing is recorded where it brought nothing. */
    public void took(int records) {
        TakeEvent event = take;
        if (event != null && records > 0 && event.shouldCommit()) {
            event.lane = lane;
            event.records = records;
            event.commit();
        }
    }

    /** The lane begins with a record. */
    public void decoding() {
        decode = DECODE.isEnabled() ? new DecodeEvent() : null;
        begin(decode);
    }

    /** The record is decoded, or refused. */
    public void decoded(int partition, long offset, int bytes) {
        DecodeEvent event = decode;
        if (event != null && event.shouldCommit()) {
            event.lane = lane;
            event.partition = partition;
            event.offset = offset;
            event.bytes = bytes;
            event.commit();
        }
    }

    /** A batch is about to run; its oldest image was decoded {@code waitedNanos} ago. */
    public void batched(String ofModel, int ofVersion, int images, long waitedNanos) {
        model = ofModel;
        version = ofVersion;
        size = images;
        if (BATCH.isEnabled()) {
            BatchEvent event = new BatchEvent();
            event.lane = lane;
            event.model = model;
            event.version = version;
            event.size = size;
            event.waited = waitedNanos;
            event.commit();
        }
    }

    /** A session run begins: of that batch, or of a part of it where the whole one failed. */
    public void inferring(int images) {
        size = images;
        infer = INFER.isEnabled() ? new InferEvent() : null;
        begin(infer);
    }

    /** The session has run it. */
    public void inferred() {
        InferEvent event = infer;
        if (event != null && event.shouldCommit()) {
            event.lane = lane;
            event.model = model;
            event.version = version;
            event.size = size;
            event.commit();
        }
    }

    /** The broker acknowledged a lane's record. Any thread. */
    public static void published(int lane, long nanos) {
        if (PUBLISH.isEnabled()) {
            PublishEvent event = new PublishEvent();
            event.lane = lane;
            event.acknowledgedAfter = nanos;
            event.commit();
        }
    }

    /** The lane begins to end a turn. */
    public void committing() {
        commit = COMMIT.isEnabled() ? new CommitEvent() : null;
        begin(commit);
    }

    /** The turn is ended; nothing is recorded where it settled nothing. */
    public void committed(long settled) {
        CommitEvent event = commit;
        if (event != null && settled > 0 && event.shouldCommit()) {
            event.lane = lane;
            event.settled = settled;
            event.commit();
        }
    }

    private static void begin(@Nullable Event event) {
        if (event != null) {
            event.begin();
        }
    }

    @Name("millrace.Take")
    @Label("Take")
    @Category("Millrace")
    @Description("Waiting for records that came")
    @StackTrace(false)
    static final class TakeEvent extends Event {
        int lane;
        int records;
    }

    @Name("millrace.Decode")
    @Label("Decode")
    @Category("Millrace")
    @Description("One record's bytes to pixels in the batch buffer, or to a refusal")
    @StackTrace(false)
    static final class DecodeEvent extends Event {
        int lane;
        int partition;
        long offset;

        @DataAmount
        int bytes;
    }

    @Name("millrace.Batch")
    @Label("Batch")
    @Category("Millrace")
    @Description("A batch that is about to run")
    @StackTrace(false)
    static final class BatchEvent extends Event {
        int lane;

        @Nullable
        String model;

        int version;
        int size;

        @Label("Oldest Waited")
        @Timespan(Timespan.NANOSECONDS)
        long waited;
    }

    @Name("millrace.Infer")
    @Label("Infer")
    @Category("Millrace")
    @Description("One session run")
    @StackTrace(false)
    static final class InferEvent extends Event {
        int lane;

        @Nullable
        String model;

        int version;
        int size;
    }

    @Name("millrace.Publish")
    @Label("Publish")
    @Category("Millrace")
    @Description("One record acknowledged by the broker")
    @StackTrace(false)
    static final class PublishEvent extends Event {
        int lane;

        @Label("Acknowledged After")
        @Timespan(Timespan.NANOSECONDS)
        long acknowledgedAfter;
    }

    @Name("millrace.Commit")
    @Label("Commit")
    @Category("Millrace")
    @Description("Settling what is answered; in at-least-once mode without waiting for the broker")
    @StackTrace(false)
    static final class CommitEvent extends Event {
        int lane;
        long settled;
    }
}
