package dev.millrace.worker.publish;

import dev.millrace.worker.publish.ReplyTopics.Place;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which replies are sent, for all lanes of a worker: where one may go, whether its topic is there, and what came of each. Any
 * thread.
 */
public final class Replies implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Replies.class);
    private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ReplyPolicy policy;
    private final ReplyTopics topics;
    private final AdminLookup lookup;
    private final Consumer<ReplyOutcome> outcomes;
    private final AtomicLong logNotBefore = new AtomicLong(System.nanoTime());
    private final AtomicLong unlogged = new AtomicLong();

    /**
     * Wires the replies; Kafka is asked for nothing before a request names a topic that is allowed.
     *
     * @param admins makes an admin client, on a thread of its own; closed by {@link #close}
     * @param outcomes told what came of each reply that a request asked for
     */
    public Replies(ReplyPolicy policy, Supplier<CompletableFuture<Admin>> admins, Consumer<ReplyOutcome> outcomes) {
        this.policy = policy;
        this.lookup = new AdminLookup(admins);
        this.topics = new ReplyTopics(lookup, System::nanoTime);
        this.outcomes = outcomes;
    }

    /** Sends none. */
    public static Replies none() {
        return new Replies(
                ReplyPolicy.NONE,
                () -> CompletableFuture.failedFuture(new IllegalStateException("replies: none are sent")),
                outcome -> {});
    }

    /** Where a reply is to be tried; null where none is wanted, or allowed. What follows is asked of the broker already. */
    @Nullable
    ReplyAddress wanted(Caller caller) {
        if (caller.malformed() != null) {
            dropped(ReplyOutcome.MALFORMED, caller.malformed());
            return null;
        }
        ReplyAddress address = caller.replyTo();
        if (address == null || address.topic().equals(policy.results())) {
            return null;
        }
        if (!policy.allows(address.topic())) {
            dropped(ReplyOutcome.NOT_ALLOWED, address.topic());
            return null;
        }
        topics.find(address.topic());
        return address;
    }

    /** Whether a reply may go there now: {@link ReplyOutcome#SENT} if so, else why not; null: not known yet. */
    @Nullable
    ReplyOutcome judge(ReplyAddress address) {
        Place place = topics.find(address.topic());
        if (place == null) {
            return null;
        }
        if (place.trouble() != null) {
            return place.trouble();
        }
        return address.partition() < place.partitions() ? ReplyOutcome.SENT : ReplyOutcome.UNKNOWN_PARTITION;
    }

    /** Waits until {@link #judge} knows, or {@code limit} has passed. */
    void await(ReplyAddress address, Duration limit) {
        topics.await(address.topic(), limit);
    }

    /** The broker did not take a reply: its topic is left alone for a while. */
    void shun(String topic) {
        topics.shun(topic);
    }

    void sent() {
        outcomes.accept(ReplyOutcome.SENT);
    }

    /** Counts a reply that is not sent, and says so, but not each time: whoever asks for them may ask for many. */
    void dropped(ReplyOutcome why, String detail) {
        outcomes.accept(why);
        long now = System.nanoTime();
        long notBefore = logNotBefore.get();
        if (now - notBefore < 0 || !logNotBefore.compareAndSet(notBefore, now + LOG_INTERVAL_NANOS)) {
            unlogged.incrementAndGet();
            return;
        }
        log.atWarn()
                .addKeyValue("reason", why)
                .addKeyValue("reply", detail)
                .addKeyValue("not_logged_since", unlogged.getAndSet(0))
                .log("reply dropped, its result is on the results topic alone");
    }

    @Override
    public void close() {
        lookup.close();
    }
}
