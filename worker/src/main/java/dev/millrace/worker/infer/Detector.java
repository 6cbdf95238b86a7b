package dev.millrace.worker.infer;

import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.infer.ClassScores.Activation;
import dev.millrace.worker.infer.ClassScores.Background;
import dev.millrace.worker.infer.ClassScores.Columns;
import dev.millrace.worker.infer.ClassScores.Objectness;
import dev.millrace.worker.model.ModelOutput;
import dev.millrace.worker.model.ModelSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a box decoding is made of: a model's outputs, its canvas, its classes and the parameters of its head. One thread. */
final class Detector {

    private final ModelSpec spec;
    private final HeadParameters parameters;
    private final float threshold;

    Detector(ModelSpec spec, HeadParameters parameters, float threshold) {
        this.spec = spec;
        this.parameters = parameters;
        this.threshold = threshold;
    }

    HeadParameters parameters() {
        return parameters;
    }

    PixelShape canvas() {
        return spec.pixels();
    }

    int classes() {
        return spec.labels().size();
    }

    /** Outputs that a parameter names; where it is absent the only one, or those of that name. */
    List<String> outputs(String key) {
        List<String> all = spec.outputs().stream().map(ModelOutput::tensor).toList();
        List<String> names = parameters.names(key, all.size() == 1 ? all : List.of(key));
        for (String name : names) {
            if (!all.contains(name)) {
                throw HeadParameters.wrong(key, name, "one of the outputs " + all);
            }
        }
        return names;
    }

    /** The one output that a parameter names. */
    String output(String key) {
        List<String> names = outputs(key);
        if (names.size() != 1) {
            throw HeadParameters.wrong(key, names, "one output");
        }
        return names.get(0);
    }

    /** An output with so many values for each box. */
    Table table(String name, int columns) {
        return Table.of(spec.outputs(), name, columns);
    }

    /** As above; the columns of several boxes of a cell may be joined. */
    Table table(String name, int columns, int perCell) {
        return Table.of(spec.outputs(), name, columns, perCell);
    }

    /** Columns of the classes from {@code first} on, with the background where the parameters say. */
    Columns columns(int first) {
        return new Columns(first, classes(), parameters.choice("background", Background.NONE));
    }

    /** Scores of classes, with the activation of the parameters. */
    ClassScores scores(Table table, Columns columns, Activation otherwise) {
        return scores(table, columns, null, otherwise, 1);
    }

    /** As above, with the objectness of a column and the exponent of classes. */
    ClassScores scores(
            Table table, Columns columns, @Nullable Objectness objectness, Activation otherwise, float power) {
        Activation activation = parameters.choice("activation", otherwise);
        return new ClassScores(table, columns, objectness, activation, power, threshold);
    }
}
