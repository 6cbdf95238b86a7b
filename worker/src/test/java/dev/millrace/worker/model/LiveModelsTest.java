package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class LiveModelsTest {

    private static final byte[] ONNX = TinyModels.classifier(2, 2, 1, 2);

    private final LiveModels models = new LiveModels("");

    @Test
    void leasesNothingBeforeAModelIsLive() {
        assertThat(models.isEmpty()).isTrue();
        assertThat(models.lease("")).isNull();
        assertThat(models.lease("a")).isNull();
    }

    @Test
    void takesTheEmptyNameForTheOnlyModel() throws Exception {
        try (models) {
            models.swap("a", live("a", 1));
            assertThat(leased("").name()).isEqualTo("a");
            models.swap("b", live("b", 1));
            assertThat(models.lease("")).isNull();
            assertThat(leased("b").name()).isEqualTo("b");
            assertThat(models.live()).extracting(ModelSpec::name).containsExactlyInAnyOrder("a", "b");
        }
    }

    @Test
    void takesTheEmptyNameForTheConfiguredDefault() throws Exception {
        try (LiveModels configured = new LiveModels("b")) {
            configured.swap("a", live("a", 1));
            assertThat(configured.lease("")).isNull();
            configured.swap("b", live("b", 1));
            try (ModelLease lease = Objects.requireNonNull(configured.lease(""))) {
                assertThat(lease.spec().name()).isEqualTo("b");
            }
        }
    }

    @Test
    void leasesAPinnedVersionOnlyWhileItIsLive() throws Exception {
        try (models) {
            models.swap("a", live("a", 1));
            models.swap("a", live("a", 2));
            assertThat(models.lease("a", 1)).isNull();
            assertThat(models.lease("b", 2)).isNull();
            try (ModelLease lease = Objects.requireNonNull(models.lease("a", 2))) {
                assertThat(lease.spec().version()).isEqualTo(2);
            }
        }
    }

    @Test
    void closesAReplacedVersionWithItsLastLease() throws Exception {
        try (models) {
            LiveModel first = live("a", 1);
            models.swap("a", first);
            ModelLease one = Objects.requireNonNull(models.lease("a"));
            ModelLease two = Objects.requireNonNull(models.lease("a"));
            models.swap("a", live("a", 2));
            assertThat(leased("a").version()).isEqualTo(2);
            one.close();
            one.close();
            assertThat(first.isClosed()).isFalse();
            two.forLane(0).run(1);
            two.close();
            assertThat(first.isClosed()).isTrue();
            assertThatIllegalStateException().isThrownBy(() -> two.forLane(0));
        }
    }

    @Test
    void closesAnUnusedReplacedVersionAtOnce() throws Exception {
        try (models) {
            LiveModel first = live("a", 1);
            models.swap("a", first);
            models.swap("a", live("a", 2));
            assertThat(first.isClosed()).isTrue();
            assertThat(first.tryLease()).isNull();
        }
    }

    @Test
    void keepsAVersionThatIsSwappedForItself() throws Exception {
        try (models) {
            LiveModel same = live("a", 1);
            models.swap("a", same);
            models.swap("a", same);
            assertThat(same.isClosed()).isFalse();
        }
    }

    @Test
    void closesWhatIsLeasedAtShutdownOnlyWithTheLease() throws Exception {
        LiveModel model = live("a", 1);
        models.swap("a", model);
        ModelLease lease = Objects.requireNonNull(models.lease("a"));
        models.close();
        assertThat(models.lease("a")).isNull();
        assertThat(model.isClosed()).isFalse();
        assertThat(model.leases()).isEqualTo(1);
        lease.close();
        assertThat(model.isClosed()).isTrue();
    }

    @Test
    void refusesAndClosesAModelThatComesAfterShutdown() throws Exception {
        models.close();
        LiveModel late = live("a", 1);
        assertThatIllegalStateException().isThrownBy(() -> models.swap("a", late));
        assertThat(late.isClosed()).isTrue();
    }

    @Test
    void loadsAllLanesOrNone() throws Exception {
        ModelSpec spec = ModelSpec.describe(ONNX);
        List<DeviceRequest> devices = List.of(DeviceRequest.ANY_CPU, DeviceRequest.require(Device.parse("cuda:9999")));
        assertThatExceptionOfType(ModelRefusedException.class).isThrownBy(() -> LiveModel.load(ONNX, spec, devices, 1));
    }

    private ModelSpec leased(String name) {
        try (ModelLease lease = Objects.requireNonNull(models.lease(name))) {
            return lease.spec();
        }
    }

    private static LiveModel live(String name, int version) throws ModelRefusedException {
        return LiveModel.load(ONNX, ModelSpec.describe(ONNX).as(name, version), List.of(DeviceRequest.ANY_CPU), 1);
    }
}
