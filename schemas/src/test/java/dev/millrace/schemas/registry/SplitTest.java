package dev.millrace.schemas.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitTest {
    private record Request(String requestId, @Nullable String keyText, Map<String, String> tags)
            implements Split.Traits {
        @Override
        public byte @Nullable [] key() {
            return keyText == null ? null : keyText.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public @Nullable String tag(String name) {
            return tags.get(name);
        }

        @Override
        public byte @Nullable [] header(String name) {
            return null;
        }
    }

    @Test
    void choosesAsAnybodyCanTellBeforehand() {
        // printf fashion/7/request-1 | sha256sum begins with 5471e2dd: 0.32985966 of 2^32.
        assertThat(split(3_298, "", Map.of()).toChallenger(request("request-1")))
                .isFalse();
        assertThat(split(3_299, "", Map.of()).toChallenger(request("request-1")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 1_000, 5_000, 9_999, 10_000})
    void keepsTheShareWithinWhatChanceAllows(int share) {
        int requests = 100_000;
        long seed = 20_261_126L + share;
        Random random = new Random(seed);
        Split split = split(share, "", Map.of());

        long got = IntStream.range(0, requests)
                .filter(i -> split.toChallenger(request(Long.toHexString(random.nextLong()))))
                .count();

        double p = share / 10_000.0;
        // Five standard deviations of a binomial: less than one run in a million.
        assertThat((double) got)
                .as("seed %d", seed)
                .isBetween(
                        requests * p - 5 * Math.sqrt(requests * p * (1 - p)),
                        requests * p + 5 * Math.sqrt(requests * p * (1 - p)));
    }

    @Test
    void keepsWhoeverHasMetTheChallengerWithItAtLargerShares() {
        List<Split> growing = IntStream.of(100, 1_000, 5_000, 10_000)
                .mapToObj(share -> split(share, "", Map.of()))
                .toList();
        for (int i = 0; i < 2_000; i++) {
            Request request = request("request-" + i);
            List<Boolean> met =
                    growing.stream().map(split -> split.toChallenger(request)).toList();
            assertThat(met).as(request.requestId()).isSortedAccordingTo(Boolean::compare);
        }
    }

    @Test
    void sendsTheSameKeyTheSameWayWhateverTheRequestId() {
        Split split = split(5_000, "key", Map.of());
        for (int camera = 0; camera < 100; camera++) {
            String key = "camera-" + camera;
            boolean first = split.toChallenger(new Request("a", key, Map.of()));
            assertThat(split.toChallenger(new Request("b", key, Map.of())))
                    .as(key)
                    .isEqualTo(first);
        }
    }

    @Test
    void choosesByTheRequestIdWhereTheStickyTagIsMissing() {
        Split sticky = split(5_000, "tag:user", Map.of());
        Split plain = split(5_000, "", Map.of());
        for (int i = 0; i < 100; i++) {
            assertThat(sticky.toChallenger(request("r" + i))).isEqualTo(plain.toChallenger(request("r" + i)));
        }
    }

    @Test
    void sendsWhatMeetsEveryConditionToTheChallengerAtAnyShare() {
        Split split = split(0, "", Map.of("tag:country", "de", "tag:beta", "yes"));

        assertThat(split.toChallenger(new Request("r", null, Map.of("country", "de", "beta", "yes"))))
                .isTrue();
        assertThat(split.toChallenger(new Request("r", null, Map.of("country", "de"))))
                .isFalse();
        assertThat(split.toChallenger(new Request("r", null, Map.of("country", "at", "beta", "yes"))))
                .isFalse();
    }

    @Test
    void refusesPlacesThatNoRequestHas() {
        assertThatThrownBy(() -> Split.requireSticky("user"))
                .hasMessage("place: user (expected: tag:NAME or header:NAME)");
        assertThatThrownBy(() -> Split.requirePlace("tag:"))
                .hasMessage("place: tag: (expected: tag:NAME or header:NAME)");
        assertThat(Split.requireSticky("key")).isEqualTo("key");
    }

    private static Request request(String id) {
        return new Request(id, null, Map.of());
    }

    private static Split split(int share, String sticky, Map<String, String> conditions) {
        return new Split(
                "fashion",
                new Trial(7, TrialKind.CANARY, share, List.of(), 0L, Instant.EPOCH, false, sticky, conditions));
    }
}
