package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class LiveModelsTest {

    private static final byte[] ONNX = TinyModels.classifier(2, 2, 1, 2);

    private final LiveModels models = new LiveModels();

    @Test
    void leasesNothingBeforeAModelIsLive() {
        assertThat(models.isEmpty()).isTrue();
        assertThat(models.lease("a", 1)).isNull();
    }

    @Test
    void leasesEachVersionThatIsInstalledUntilItIsRetired() throws Exception {
        try (models) {
            models.install(live("a", 1));
            models.install(live("a", 2));
            models.install(live("b", 1));
            assertThat(leased("a", 1)).isEqualTo("a1");
            assertThat(leased("a", 2)).isEqualTo("a2");
            assertThat(leased("b", 1)).isEqualTo("b1");
            assertThat(models.lease("b", 2)).isNull();

            models.retire("a", 1);
            models.retire("a", 7);

            assertThat(models.lease("a", 1)).isNull();
            assertThat(leased("a", 2)).isEqualTo("a2");
        }
    }

    @Test
    void closesARetiredVersionWithItsLastLease() throws Exception {
        try (models) {
            LiveModel first = live("a", 1);
            models.install(first);
            ModelLease one = Objects.requireNonNull(models.lease("a", 1));
            ModelLease two = Objects.requireNonNull(models.lease("a", 1));
            models.retire("a", 1);
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
    void closesAnUnusedRetiredVersionAtOnce() throws Exception {
        try (models) {
            LiveModel first = live("a", 1);
            models.install(first);
            models.retire("a", 1);
            assertThat(first.isClosed()).isTrue();
            assertThat(first.tryLease()).isNull();
        }
    }

    @Test
    void refusesAndClosesAVersionThatIsThereAlready() throws Exception {
        try (models) {
            models.install(live("a", 1));
            LiveModel twin = live("a", 1);
            assertThatIllegalStateException().isThrownBy(() -> models.install(twin));
            assertThat(twin.isClosed()).isTrue();
            assertThat(leased("a", 1)).isEqualTo("a1");
        }
    }

    @Test
    void closesWhatIsLeasedAtShutdownOnlyWithTheLease() throws Exception {
        LiveModel model = live("a", 1);
        models.install(model);
        ModelLease lease = Objects.requireNonNull(models.lease("a", 1));
        models.close();
        assertThat(models.lease("a", 1)).isNull();
        assertThat(model.isClosed()).isFalse();
        assertThat(model.leases()).isEqualTo(1);
        lease.close();
        assertThat(model.isClosed()).isTrue();
    }

    @Test
    void refusesAndClosesAModelThatComesAfterShutdown() throws Exception {
        models.close();
        LiveModel late = live("a", 1);
        assertThatIllegalStateException().isThrownBy(() -> models.install(late));
        assertThat(late.isClosed()).isTrue();
    }

    @Test
    void loadsAllLanesOrNone() throws Exception {
        ModelSpec spec = ModelSpec.describe(ONNX);
        List<DeviceRequest> devices = List.of(DeviceRequest.ANY_CPU, DeviceRequest.require(Device.parse("cuda:9999")));
        assertThatExceptionOfType(ModelRefusedException.class).isThrownBy(() -> LiveModel.load(ONNX, spec, devices, 1));
    }

    private String leased(String name, int version) {
        try (ModelLease lease = Objects.requireNonNull(models.lease(name, version))) {
            return lease.spec().name() + lease.spec().version();
        }
    }

    private static LiveModel live(String name, int version) throws ModelRefusedException {
        return LiveModel.load(ONNX, ModelSpec.describe(ONNX).as(name, version), List.of(DeviceRequest.ANY_CPU), 1);
    }
}
