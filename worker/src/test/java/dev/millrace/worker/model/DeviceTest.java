package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DeviceTest {

    @ParameterizedTest
    @ValueSource(strings = {"cpu:0", "cpu:17", "cpu:none", "cuda:0", "cuda:3"})
    void readsWhatItWrites(String text) {
        assertThat(Device.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cpu",
                "cpu:",
                "cpu:-1",
                "CPU:0",
                "cuda:none",
                "cuda:0x2",
                "gpu:0",
                "cpu:12345678901",
                " cpu:0"
            })
    void refusesWhatIsNoDevice(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Device.parse(text))
                .withMessage("device: " + text + " (expected: cpu:N, cpu:none or cuda:N)");
    }
}
