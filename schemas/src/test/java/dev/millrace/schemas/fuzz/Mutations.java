package dev.millrace.schemas.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Endless damaged variants of sound inputs; the same seed gives the same ones. One thread. */
public final class Mutations {
    private static final int LARGEST_NOISE = 4096;

    /** Lengths and counts that no record has: 2 GB, -5, two thousand million, and the ends of the range. */
    private static final List<Long> HOSTILE =
            List.of(Integer.MAX_VALUE + 1L, -5L, 2_000_000_000L, Long.MAX_VALUE, Long.MIN_VALUE, -1L, 0L);

    private final Random random;
    private final List<byte[]> sound;

    /** Damages {@code sound}, at least one input. */
    public Mutations(long seed, List<byte[]> sound) {
        random = new Random(seed);
        this.sound = List.copyOf(sound);
    }

    /** The next variant; now and then a sound input as it is. */
    public byte[] next() {
        byte[] bytes = any().clone();
        for (int rounds = random.nextInt(4); rounds > 0; rounds--) {
            bytes = damage(bytes);
        }
        return bytes;
    }

    private byte[] damage(byte[] bytes) {
        return switch (random.nextInt(9)) {
            case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 1 -> flip(bytes);
            case 2 -> overwrite(bytes);
            case 3 -> splice(bytes, any());
            case 4 -> hostile(bytes, true);
            case 5 -> hostile(bytes, false);
            case 6 -> repeat(bytes);
            case 7 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(64));
            default -> noise(bytes);
        };
    }

    private byte[] any() {
        return sound.get(random.nextInt(sound.size()));
    }

    private byte[] flip(byte[] bytes) {
        byte[] flipped = bytes.clone();
        for (int flips = flipped.length == 0 ? 0 : 1 + random.nextInt(8); flips > 0; flips--) {
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return flipped;
    }

    private byte[] overwrite(byte[] bytes) {
        byte[] written = bytes.clone();
        int from = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, from + random.nextInt(16));
        Arrays.fill(written, from, to, (byte) (random.nextBoolean() ? 0xFF : random.nextInt(256)));
        return written;
    }

    /** The start of one and the end of another. */
    private byte[] splice(byte[] start, byte[] end) {
        int from = random.nextInt(end.length + 1);
        return join(Arrays.copyOf(start, random.nextInt(start.length + 1)), Arrays.copyOfRange(end, from, end.length));
    }

    /** A length or a count that cannot be, as an Avro varint or as the four bytes of image files. */
    private byte[] hostile(byte[] bytes, boolean insert) {
        long value = HOSTILE.get(random.nextInt(HOSTILE.size()));
        byte[] number = random.nextBoolean() ? varint(value) : fourBytes(value);
        int at = random.nextInt(bytes.length + 1);
        int resume = insert ? at : Math.min(bytes.length, at + number.length);
        return join(join(Arrays.copyOf(bytes, at), number), Arrays.copyOfRange(bytes, resume, bytes.length));
    }

    /** A piece of it again, up to a hundred times, right behind itself. */
    private byte[] repeat(byte[] bytes) {
        int from = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, from + 1 + random.nextInt(32));
        byte[] piece = Arrays.copyOfRange(bytes, from, to);
        byte[] repeated = Arrays.copyOf(bytes, to);
        for (int times = random.nextInt(100); times > 0 && repeated.length < LARGEST_NOISE; times--) {
            repeated = join(repeated, piece);
        }
        return join(repeated, Arrays.copyOfRange(bytes, to, bytes.length));
    }

    /** Noise behind a sound start, mostly one that a decoder has already believed. */
    private byte[] noise(byte[] bytes) {
        byte[] noise = new byte[random.nextInt(random.nextInt(8) == 0 ? LARGEST_NOISE : 64)];
        random.nextBytes(noise);
        return join(Arrays.copyOf(bytes, Math.min(bytes.length, random.nextInt(32))), noise);
    }

    /** Zigzag, seven bits a byte (Avro 1.12 specification, "Binary encoding"). */
    private static byte[] varint(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long left = (value << 1) ^ (value >> 63);
        while ((left & ~0x7FL) != 0) {
            out.write((int) ((left & 0x7F) | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
        return out.toByteArray();
    }

    private static byte[] fourBytes(long value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    private static byte[] join(byte[] start, byte[] end) {
        byte[] joined = Arrays.copyOf(start, start.length + end.length);
        System.arraycopy(end, 0, joined, start.length, end.length);
        return joined;
    }
}
