package dev.millrace.trainer.bundled;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The models that are packed with Millrace: what each comes from, and what it has to reach to be packed. */
@SuppressWarnings("ImmutableEnumChecker") // Training and demands are records of numbers and flags.
public enum BundledModel {
    /** The one that the demo uses. */
    FASHION_MNIST(
            Training.FASHION_MNIST,
            new Demands(0.92, 0.005, 1_000_000),
            "Says which of ten kinds of clothing a 28x28 grey image shows. For showing and testing Millrace, not for"
                    + " use on photographs: it has only ever seen centred garments on black. Trained on Fashion-MNIST"
                    + " (Zalando, MIT)."),

    /** One that a judge must not promote. */
    FASHION_MNIST_EARLY(
            Training.FASHION_MNIST_EARLY,
            new Demands(0.7, 0.02, 1_000_000),
            "The network of fashion-mnist after a single epoch, and so clearly worse: for trying out how a rollout ends"
                    + " that should. Trained on Fashion-MNIST (Zalando, MIT)."),

    /** The reference job. */
    CIFAR100(Training.CIFAR100, new Demands(0.73, 0.01, 3_500_000), About.CIFAR100),

    /** The light one. */
    CIFAR100_RESNET20(Training.CIFAR100_RESNET20, new Demands(0.67, 0.01, 500_000), About.CIFAR100);

    /** What stands before the name where a model file is expected. */
    static final String PREFIX = "bundled:";

    private final Training training;
    private final Demands demands;
    private final String about;

    /**
     * What a model has to reach; otherwise nothing is written.
     *
     * @param leastTop1 of the int8 model on the test images, 0 to 1
     * @param mostLostToInt8 top-1 of fp32 less that of int8, 0 to 1
     * @param mostBytes of the int8 file
     */
    record Demands(double leastTop1, double mostLostToInt8, long mostBytes) {}

    private static final class About {
        static final String CIFAR100 = "Says which of a hundred things a 32x32 colour picture shows. For showing and"
                + " measuring Millrace, not for use on photographs: it has only ever seen pictures of that size with one"
                + " thing in the middle. Trained on CIFAR-100 (Krizhevsky 2009).";
    }

    BundledModel(Training training, Demands demands, String about) {
        this.training = training;
        this.demands = demands;
        this.about = about;
    }

    /**
     * The model of a name.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static BundledModel named(String name) {
        return Arrays.stream(values())
                .filter(model -> model.id().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("bundled model: %s (expected: one of %s)"
                        .formatted(
                                name,
                                Arrays.stream(values()).map(BundledModel::id).collect(Collectors.joining(", ")))));
    }

    /** Such as {@code cifar100-resnet20}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What stands for it where a model file is expected, such as {@code bundled:cifar100}. */
    public String argument() {
        return PREFIX + id();
    }

    /** What it comes from. */
    public Training training() {
        return training;
    }

    Demands demands() {
        return demands;
    }

    /** For people: what it is for and what it is not for. */
    String about() {
        return about;
    }
}
