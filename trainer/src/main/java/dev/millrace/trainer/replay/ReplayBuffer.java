package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labelled images that stay over restarts, the newest ones of every class, in one file of bounded size. One process has it at a time, and
 * within it one thread.
 *
 * <p>An image is written in the place of the oldest of its class. A slot that a crash left half written is dropped when the buffer is
 * opened: what {@link #force} has returned for is not lost that way, since only what came later was being written, or pushed it out. An image
 * that was relabelled is in two slots for a moment; the higher sequence number counts.
 */
public final class ReplayBuffer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ReplayBuffer.class);

    private final BufferLock lock;
    private final SlotFile file;
    private final ReplaySpec spec;
    private final ClassRing[] rings;
    private final Map<RequestHash, Integer> slots = new HashMap<>();

    /** What is in each slot; null: nothing. */
    private final @Nullable Kept[] kept;

    private long added;

    private record Kept(RequestHash request, long sequence) {}

    /** Takes over both. */
    private ReplayBuffer(BufferLock lock, SlotFile file, ReplaySpec spec) throws IOException {
        this.lock = lock;
        this.file = file;
        this.spec = spec;
        this.kept = new Kept[file.slots()];
        this.rings = new ClassRing[spec.classes().size()];
        Arrays.setAll(rings, label -> new ClassRing());
        load();
    }

    /**
     * Opens a buffer, or makes an empty one with its folder. One of another capacity is made anew with what it has; where it has more of a
     * class than there is room for, the newest.
     *
     * @throws IOException when another owner has it, it is damaged, or of other images or classes; or when it cannot be read or written
     */
    public static ReplayBuffer open(Path path, ReplaySpec spec) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        BufferLock lock = BufferLock.take(path);
        SlotFile file = null;
        try {
            if (Files.notExists(path)) {
                SlotFile.create(path, BufferHeader.of(spec));
            }
            file = SlotFile.open(path);
            requireSame(path, file.header(), spec);
            if (file.header().perClass() != spec.perClass()) {
                makeAnew(path, file, spec);
                file.close();
                file = SlotFile.open(path);
            }
            return new ReplayBuffer(lock, file, spec);
        } catch (IOException | RuntimeException e) {
            if (file != null) {
                file.close();
            }
            lock.close();
            throw e;
        }
    }

    private static void requireSame(Path path, BufferHeader header, ReplaySpec spec) throws IOException {
        if (!header.shape().equals(spec.shape())) {
            throw new IOException(
                    "%s: images of %s (expected: %s, as the model takes; move the file away to begin a new one)"
                            .formatted(path, header.shape(), spec.shape()));
        }
        if (!header.classes().equals(spec.classes())) {
            throw new IOException(
                    "%s: classes %s (expected: %s, as the model has; move the file away to begin a new one)"
                            .formatted(path, header.classes(), spec.classes()));
        }
    }

    /** Writes the newest of each class to a new file, which then takes the place of this one. */
    private static void makeAnew(Path path, SlotFile old, ReplaySpec spec) throws IOException {
        BufferHeader header = BufferHeader.of(spec);
        Slots format = new Slots(spec.shape());
        ByteBuffer slot = ByteBuffer.allocate(format.bytes());
        WholeFile.write(path, out -> {
            out.write(ByteBuffer.wrap(header.encode()));
            for (int label = 0; label < spec.classes().size(); label++) {
                int written = 0;
                for (int number : newest(old, label, spec.perClass())) {
                    Slots.Entry entry = old.read(number);
                    if (entry != null) {
                        format.encode(entry, slot);
                        out.write(slot);
                        written++;
                    }
                }
                for (; written < spec.perClass(); written++) {
                    out.write(ByteBuffer.allocate(format.bytes()));
                }
            }
        });
    }

    /** Slots of a class that have an image, oldest first, so many at most. */
    private static List<Integer> newest(SlotFile file, int label, int most) throws IOException {
        int perClass = file.header().perClass();
        Map<Integer, Long> sequences = new HashMap<>();
        for (int number = label * perClass; number < (label + 1) * perClass; number++) {
            Slots.Entry entry = file.read(number);
            if (entry != null) {
                sequences.put(number, entry.sequence());
            }
        }
        List<Integer> all = sequences.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .toList();
        return all.subList(Math.max(0, all.size() - most), all.size());
    }

    private void load() throws IOException {
        int torn = 0;
        for (int slot = 0; slot < kept.length; slot++) {
            Slots.Entry entry = file.read(slot);
            if (entry == null) {
                torn += file.lastWasTorn() ? 1 : 0;
                continue;
            }
            added = Math.max(added, entry.sequence());
            Integer other = slots.get(entry.request());
            Kept before = other == null ? null : kept[other];
            if (other != null && before != null && before.sequence() > entry.sequence()) {
                file.clear(slot);
                continue;
            }
            if (other != null) {
                kept[other] = null;
                file.clear(other);
            }
            keep(slot, entry);
        }
        for (int slot = 0; slot < kept.length; slot++) {
            if (kept[slot] == null) {
                ring(slot).release(slot);
            }
        }
        IntStream.range(0, kept.length)
                .filter(slot -> kept[slot] != null)
                .boxed()
                .sorted(Comparator.comparingLong(this::sequence))
                .forEach(slot -> ring(slot).take(slot));
        if (torn > 0) {
            log.warn("replay buffer opened images={} torn={}", size(), torn);
        }
    }

    private void keep(int slot, Slots.Entry entry) {
        kept[slot] = new Kept(entry.request(), entry.sequence());
        slots.put(entry.request(), slot);
    }

    private ClassRing ring(int slot) {
        return rings[slot / spec.perClass()];
    }

    private long sequence(int slot) {
        Kept there = kept[slot];
        return there == null ? 0 : there.sequence();
    }

    /**
     * Keeps an image. One with another label of the same request goes: a later label supersedes.
     *
     * @param label class index
     * @param pixels HWC, of the buffer's shape
     * @return false: it was there already, with this label
     * @throws IOException with the file's path when it cannot be written, such as by a full disk. The image is not kept then, nor the oldest of
     *     its class, which it would have taken the place of; the buffer works on
     */
    public boolean put(String requestId, int label, byte[] pixels) throws IOException {
        if (label < 0 || label >= rings.length) {
            throw new IllegalArgumentException("label: %d (expected: 0 to %d)".formatted(label, rings.length - 1));
        }
        if (pixels.length != spec.shape().bytes()) {
            throw new IllegalArgumentException("pixels: %d bytes (expected: %d, %s)"
                    .formatted(pixels.length, spec.shape().bytes(), spec.shape()));
        }
        RequestHash request = RequestHash.of(requestId);
        Integer before = slots.get(request);
        if (before != null && before / spec.perClass() == label) {
            return false;
        }
        int slot = rings[label].next();
        forget(slot);
        Slots.Entry entry = new Slots.Entry(label, ++added, request, pixels);
        file.write(slot, entry);
        rings[label].take(slot);
        keep(slot, entry);
        if (before != null) {
            kept[before] = null;
            ring(before).release(before);
            file.clear(before);
        }
        return true;
    }

    private void forget(int slot) {
        Kept there = kept[slot];
        if (there != null) {
            slots.remove(there.request());
            kept[slot] = null;
        }
    }

    /** Returns when what was put is on disk. */
    public void force() throws IOException {
        file.force();
    }

    /**
     * How many images were put in this buffer's life, as far as they were not there already: the highest sequence number. After a crash it
     * may be lower than it was, by what had not been {@link #force}d.
     */
    public long added() {
        return added;
    }

    /** Images that it has. */
    public int size() {
        return slots.size();
    }

    /** Images that it has of a class. */
    public int size(int label) {
        return rings[label].size();
    }

    /**
     * All images that it has. One that the disk has damaged is left out.
     *
     * @param heldOut share of all requests, 0 to 1, whose images are held out. Which ones, a hash of the request id decides: an image that
     *     was held out once always is, where the share is not made smaller
     * @throws IOException when it cannot be read
     */
    public ReplayImages images(double heldOut) throws IOException {
        List<Integer> oldestFirst = slots.values().stream()
                .sorted(Comparator.comparingLong(this::sequence))
                .toList();
        int bytes = spec.shape().bytes();
        ByteBuffer pixels = ByteBuffer.allocate(oldestFirst.size() * bytes);
        int[] labels = new int[oldestFirst.size()];
        List<Integer> train = new ArrayList<>();
        List<Integer> held = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            Slots.Entry entry = file.read(oldestFirst.get(i));
            if (entry == null) {
                log.warn("replay image damaged on disk slot={}", oldestFirst.get(i));
                continue;
            }
            labels[i] = entry.label();
            entry.putPixels(pixels.position(i * bytes));
            (entry.request().isIn(heldOut) ? held : train).add(i);
        }
        LabelledImages all = LabelledImages.of(spec.shape(), pixels.array(), labels);
        return new ReplayImages(spec.classes(), all.select(indices(train)), all.select(indices(held)));
    }

    private static int[] indices(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Lets another owner have it. What was put is in the file, if not {@link #force}d on the disk. */
    @Override
    public void close() throws IOException {
        try (lock) {
            file.close();
        }
    }
}
