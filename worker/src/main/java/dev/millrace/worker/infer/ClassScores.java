package dev.millrace.worker.infer;

import dev.millrace.worker.model.InferenceFailedException;
import org.jspecify.annotations.Nullable;

/**
 * A value for each class, and perhaps one for there being anything at all: score = objectness^a x class^b. Places that cannot
 * reach the threshold cost a comparison. Belongs to its head's thread.
 */
final class ClassScores implements Scores {

    /** Integers make 1.003 of 1. */
    private static final float ROUNDING = 1.1f;

    private final Table table;
    private final Columns columns;
    private final @Nullable Objectness objectness;
    private final Activation activation;
    private final float power;
    private final float threshold;
    /** Of a class, before its activation. */
    private final float least;

    private final float leastObjectness;
    private final float[] best;
    private final int[] index;

    /** From values to probabilities. */
    enum Activation {
        NONE,
        SIGMOID,
        SOFTMAX
    }

    /** Where the class that means nothing is. */
    enum Background {
        NONE,
        FIRST,
        LAST
    }

    /** Columns of classes, the background's among them. */
    record Columns(int first, int classes, Background background) {

        int all() {
            return background == Background.NONE ? classes : classes + 1;
        }

        int firstClass() {
            return background == Background.FIRST ? first + 1 : first;
        }
    }

    /** Where objectness is, and its exponent. */
    record Objectness(Table table, int column, float power) {}

    /**
     * @param activation of classes; objectness has the sigmoid where these have it
     * @param power exponent of the class
     * @param threshold of the score
     */
    ClassScores(
            Table table,
            Columns columns,
            @Nullable Objectness objectness,
            Activation activation,
            float power,
            float threshold) {
        this.table = table;
        this.columns = columns;
        this.objectness = objectness;
        this.activation = activation;
        this.power = power;
        this.threshold = threshold;
        this.least = before(root(threshold, power));
        this.leastObjectness = objectness == null ? 0 : beforeObjectness(root(threshold, objectness.power()));
        this.best = new float[table.places()];
        this.index = new int[table.places()];
    }

    @Override
    public int places() {
        return best.length;
    }

    @Override
    public void rank() {
        table.largest(columns.firstClass(), columns.firstClass() + columns.classes(), best, index);
    }

    @Override
    public int index(int place) {
        return index[place];
    }

    @Override
    public float score(int place) {
        float value = best[place];
        if (!(value >= least)) {
            return -1;
        }
        float product = 1;
        if (objectness != null) {
            float object = objectness.table().get(place, objectness.column());
            if (!(object >= leastObjectness)) {
                return -1;
            }
            float probability = activation == Activation.SIGMOID ? sigmoid(object) : object;
            product = power(probability, objectness.power());
        }
        float probability =
                switch (activation) {
                    case NONE -> value;
                    case SIGMOID -> sigmoid(value);
                    case SOFTMAX -> softmax(place, value);
                };
        product *= power(probability, power);
        if (product > ROUNDING) {
            throw new InferenceFailedException("score of box " + place + " of " + table + ": " + product
                    + " (expected: at most 1; does it lack activation=sigmoid or softmax?)");
        }
        return Math.min(1, product);
    }

    /** Ends at the first sum of which it follows that it is below the threshold. */
    private float softmax(int place, float value) {
        double most = 1 / Math.max(root(threshold, power), Float.MIN_NORMAL);
        double sum = 0;
        for (int column = columns.first(); column < columns.first() + columns.all(); column++) {
            sum += Math.exp((double) table.get(place, column) - value);
            if (sum > most * 1.0001) {
                return -1;
            }
        }
        return (float) (1 / sum);
    }

    private float before(float probability) {
        return switch (activation) {
            case NONE -> probability;
            case SIGMOID -> logit(probability);
            case SOFTMAX -> Float.NEGATIVE_INFINITY;
        };
    }

    private float beforeObjectness(float probability) {
        return activation == Activation.SIGMOID ? logit(probability) : probability;
    }

    /** A little below what gives the probability, so that rounding decides nothing here. */
    private static float logit(float probability) {
        return (float) Math.log(probability / (1 - (double) probability)) - 1e-3f;
    }

    private static float root(float value, float power) {
        return (float) Math.pow(value, 1.0 / power) * 0.9999f;
    }

    private static float power(float value, float power) {
        return power == 1 ? value : (float) Math.pow(value, power);
    }

    static float sigmoid(float value) {
        return (float) (1 / (1 + Math.exp(-value)));
    }
}
