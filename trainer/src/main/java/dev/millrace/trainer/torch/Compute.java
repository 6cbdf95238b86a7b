package dev.millrace.trainer.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How PyTorch computes.
 *
 * @param threads of one operation; on a shared machine 1 is the safe choice, since OpenMP's threads wait for each other
 * @param bfloat16 run convolutions and matrix products in bfloat16 (weights stay float32): several times as fast on a CPU with
 *     AVX512-BF16 or AMX, slower than float32 elsewhere
 */
public record Compute(int threads, boolean bfloat16) {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    public Compute {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: %d (expected: from 1)".formatted(threads));
        }
    }

    /** float32, the precision that an exported model is compared to. */
    public static Compute exact(int threads) {
        return new Compute(threads, false);
    }

    /** bfloat16 where Linux says that the CPU has instructions for it. */
    public static Compute fastest(int threads) {
        return new Compute(threads, hasBfloat16());
    }

    private static boolean hasBfloat16() {
        try {
            return Files.isReadable(CPU_INFO) && Files.readString(CPU_INFO).contains("avx512_bf16");
        } catch (IOException e) {
            return false;
        }
    }
}
