package dev.millrace.trainer.export;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A version of ONNX's own operators. From the oldest to the newest one here, the operators that a network is made of gained number types
 * and attributes that may be left out, so that one form of each node fits all of them.
 *
 * @param version 17 to 26, the newest that ONNX Runtime 1.29 calls released
 * @see <a href="https://github.com/onnx/onnx/blob/main/docs/Changelog.md">ONNX operator change log</a>
 */
public record Opset(int version) {
    /** The version that any runtime of the last years reads. */
    public static final Opset DEFAULT = new Opset(17);

    /** The opset from which on a file has this IR version, as ONNX's releases paired them. */
    private static final NavigableMap<Integer, Integer> IR_VERSIONS =
            new TreeMap<>(Map.of(17, 8, 19, 9, 21, 10, 23, 11, 24, 12, 25, 13));

    private static final int OLDEST = 17;
    private static final int NEWEST = 26;

    /** @throws IllegalArgumentException for a version that is older or newer than those */
    public Opset {
        if (version < OLDEST || version > NEWEST) {
            throw new IllegalArgumentException("opset: %d (expected: %d to %d)".formatted(version, OLDEST, NEWEST));
        }
    }

    /** Version of the file format of the ONNX release that brought this opset. */
    int irVersion() {
        return IR_VERSIONS.floorEntry(version).getValue();
    }
}
