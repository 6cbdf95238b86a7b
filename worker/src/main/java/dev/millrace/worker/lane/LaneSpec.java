package dev.millrace.worker.lane;

import dev.millrace.worker.model.Device;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which lanes a worker has, as the {@code lanes} setting says: comma separated {@code cpu:0}, {@code cpu:0-3},
 * {@code cpu:auto}, {@code cpu:none} or {@code cuda:0}, each optionally times a count ({@code cpu:none x4},
 * {@code cuda:0x2}).
 *
 * <p>Several lanes on one device are asked for by a count and by nothing else: a device named twice is refused, because
 * two lanes pinned to one CPU only take time from each other and are as a rule a slip.
 *
 * @param terms in the order given
 */
public record LaneSpec(List<Term> terms) {
    private static final int MOST_LANES = 256;
    private static final Pattern TERM =
            Pattern.compile("(cpu|cuda):(auto|none|\\d{1,5}(?:-\\d{1,5})?)(?:\\s*x\\s*(\\d{1,3}))?");
    private static final String EXPECTED =
            " (expected: cpu:0,cpu:1 | cpu:0-3 | cpu:auto | cpu:none x4 | cuda:0x2, comma separated)";

    /** One part of the setting: a kind of device, which of them, and how many lanes on each. */
    record Term(Device.Kind kind, String which, int count) {
        @Override
        public String toString() {
            return (kind == Device.Kind.CPU ? "cpu:" : "cuda:") + which;
        }
    }

    /** Copies the terms. */
    public LaneSpec {
        terms = List.copyOf(terms);
    }

    /**
     * Reads a setting.
     *
     * @throws IllegalArgumentException when it is not of the form above
     */
    public static LaneSpec parse(String text) {
        List<Term> terms = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            terms.add(term(part.strip()));
        }
        return new LaneSpec(terms);
    }

    private static Term term(String part) {
        Matcher form = TERM.matcher(part);
        if (!form.matches()) {
            throw new IllegalArgumentException((part.isEmpty() ? "nothing between commas" : part) + EXPECTED);
        }
        Device.Kind kind = form.group(1).equals("cpu") ? Device.Kind.CPU : Device.Kind.CUDA;
        int count = form.group(3) == null ? 1 : Integer.parseInt(form.group(3));
        if (count < 1) {
            throw new IllegalArgumentException(part + " is no lane at all" + EXPECTED);
        }
        if (kind == Device.Kind.CUDA && !Character.isDigit(form.group(2).charAt(0))) {
            throw new IllegalArgumentException(part + " names no GPU" + EXPECTED);
        }
        return new Term(kind, form.group(2), count);
    }

    /**
     * The device of each lane.
     *
     * @param reserve CPUs that {@code cpu:auto} leaves free, as long as one remains
     * @throws IllegalArgumentException when a device is named twice, or one that this machine is known not to have
     */
    public List<Device> slots(Machine machine, int reserve) {
        List<Device> slots = new ArrayList<>();
        Set<Device> named = new HashSet<>();
        for (Term term : terms) {
            for (Device device : devices(term, machine, reserve)) {
                if (!named.add(device)) {
                    throw new IllegalArgumentException(device + " is named twice (expected: once, with a count for"
                            + " more lanes on it: " + device + " x2)");
                }
                for (int i = 0; i < term.count(); i++) {
                    slots.add(device);
                }
            }
        }
        if (slots.size() > MOST_LANES) {
            throw new IllegalArgumentException(slots.size() + " lanes (expected: at most " + MOST_LANES + ")");
        }
        return slots;
    }

    private static List<Device> devices(Term term, Machine machine, int reserve) {
        return switch (term.which()) {
            case "none" -> List.of(Device.ANY_CPU);
            case "auto" -> highest(machine.cpus(), reserve);
            default -> numbered(term, machine);
        };
    }

    /** The lowest CPUs serve interrupts on most machines: lanes take the highest ones. */
    private static List<Device> highest(BitSet cpus, int reserve) {
        int lanes = Math.max(1, cpus.cardinality() - reserve);
        return cpus.stream()
                .skip(cpus.cardinality() - lanes)
                .mapToObj(cpu -> new Device(Device.Kind.CPU, cpu))
                .toList();
    }

    private static List<Device> numbered(Term term, Machine machine) {
        String[] range = term.which().split("-");
        int from = Integer.parseInt(range[0]);
        int to = Integer.parseInt(range[range.length - 1]);
        if (from > to || to - from >= MOST_LANES) {
            throw new IllegalArgumentException(
                    term + " (expected: a range from low to high, of at most " + MOST_LANES + ")");
        }
        return IntStream.rangeClosed(from, to)
                .mapToObj(index -> present(new Device(term.kind(), index), machine))
                .toList();
    }

    private static Device present(Device device, Machine machine) {
        boolean present = device.kind() == Device.Kind.CPU
                ? machine.cpus().get(device.index())
                : device.index() < machine.gpus().orElse(Integer.MAX_VALUE);
        if (!present) {
            throw new IllegalArgumentException(device + " (expected: one that this process may use)");
        }
        return device;
    }
}
