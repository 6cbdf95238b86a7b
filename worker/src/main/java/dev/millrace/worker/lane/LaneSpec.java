package dev.millrace.worker.lane;

import dev.millrace.worker.model.Device;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.openhft.affinity.Affinity;

/**
 * Which lanes a worker has, as the {@code lanes} setting says: comma separated {@code cpu:0}, {@code cpu:0-3},
 * {@code cpu:auto}, {@code cpu:none} or {@code cuda:0}, each optionally times a count ({@code cpu:none x4},
 * {@code cuda:0x2}).
 *
 * @param terms in the order given
 */
public record LaneSpec(List<Term> terms) {
    private static final Pattern TERM =
            Pattern.compile("(cpu|cuda):(auto|none|\\d{1,5}(?:-\\d{1,5})?)(?:\\s*x\\s*(\\d{1,3}))?");
    private static final String EXPECTED =
            " (expected: cpu:0,cpu:1 | cpu:0-3 | cpu:auto | cpu:none x4 | cuda:0 x2, comma separated)";

    /** One part of the setting: a kind of device, which of them, and how many lanes on each. */
    record Term(Device.Kind kind, String which, int count) {}

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
            Matcher form = TERM.matcher(part.strip());
            if (!form.matches()) {
                throw new IllegalArgumentException(part.strip() + EXPECTED);
            }
            Device.Kind kind = form.group(1).equals("cpu") ? Device.Kind.CPU : Device.Kind.CUDA;
            int count = form.group(3) == null ? 1 : Integer.parseInt(form.group(3));
            boolean numbered = Character.isDigit(form.group(2).charAt(0));
            if (count < 1 || (kind == Device.Kind.CUDA && !numbered)) {
                throw new IllegalArgumentException(part.strip() + EXPECTED);
            }
            terms.add(new Term(kind, form.group(2), count));
        }
        return new LaneSpec(terms);
    }

    /**
     * The device of each lane.
     *
     * @param allowed CPUs that this process may use
     * @param reserve CPUs that {@code cpu:auto} leaves free, as long as one remains
     * @throws IllegalArgumentException when a CPU is named that this process may not use
     */
    public List<Device> slots(BitSet allowed, int reserve) {
        List<Device> slots = new ArrayList<>();
        for (Term term : terms) {
            for (Device device : devices(term, allowed, reserve)) {
                for (int i = 0; i < term.count(); i++) {
                    slots.add(device);
                }
            }
        }
        return slots;
    }

    private static List<Device> devices(Term term, BitSet allowed, int reserve) {
        if (term.which().equals("none")) {
            return List.of(Device.ANY_CPU);
        }
        if (term.which().equals("auto")) {
            // The lowest CPUs serve interrupts on most machines: lanes take the highest ones.
            int lanes = Math.max(1, allowed.cardinality() - reserve);
            return allowed.stream()
                    .skip(allowed.cardinality() - lanes)
                    .mapToObj(cpu -> new Device(Device.Kind.CPU, cpu))
                    .toList();
        }
        String[] range = term.which().split("-");
        int from = Integer.parseInt(range[0]);
        int to = Integer.parseInt(range[range.length - 1]);
        List<Device> devices = new ArrayList<>();
        for (int index = from; index <= to; index++) {
            if (term.kind() == Device.Kind.CPU && !allowed.get(index)) {
                throw new IllegalArgumentException("cpu:" + index + " (expected: one of the CPUs " + allowed + ")");
            }
            devices.add(new Device(term.kind(), index));
        }
        if (devices.isEmpty()) {
            throw new IllegalArgumentException(term.which() + " (expected: a range from low to high)");
        }
        return devices;
    }

    /** The CPUs that this process may use, cgroup cpusets included. Call from a thread that is not pinned. */
    public static BitSet allowedCpus() {
        BitSet allowed = Affinity.getAffinity();
        if (allowed.isEmpty()) {
            allowed.set(0, Runtime.getRuntime().availableProcessors());
        }
        return allowed;
    }
}
