package dev.millrace.trainer.weights;

import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.WeightShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a library calls the tensors of our networks: the first rule whose left side is how our name begins says how theirs begins. The rest,
 * such as {@code .running_mean}, is PyTorch's everywhere. A name that no rule knows stays as it is.
 */
enum Naming {
    /** Ours. */
    MILLRACE(),

    /** torchvision's ResNets: {@code layer1.0.conv1.weight}. */
    TORCHVISION(
            new Rule("stem_conv", "conv1"),
            new Rule("stem_norm", "bn1"),
            new Rule("stage(\\d)_(\\d+)_a_conv", "layer$1.$2.conv1"),
            new Rule("stage(\\d)_(\\d+)_a_norm", "layer$1.$2.bn1"),
            new Rule("stage(\\d)_(\\d+)_b_conv", "layer$1.$2.conv2"),
            new Rule("stage(\\d)_(\\d+)_b_norm", "layer$1.$2.bn2"),
            new Rule("stage(\\d)_(\\d+)_c_conv", "layer$1.$2.conv3"),
            new Rule("stage(\\d)_(\\d+)_c_norm", "layer$1.$2.bn3"),
            new Rule("stage(\\d)_(\\d+)_shortcut_conv", "layer$1.$2.downsample.0"),
            new Rule("stage(\\d)_(\\d+)_shortcut_norm", "layer$1.$2.downsample.1"),
            new Rule("logits", "fc")),

    /** timm's EfficientNet-Lite: {@code blocks.1.0.conv_dw.weight}. Blocks of stage 0 expand nothing, so that their names move up by one. */
    TIMM(
            new Rule("stem_conv", "conv_stem"),
            new Rule("stem_norm", "bn1"),
            new Rule("stage0_(\\d+)_depthwise_conv", "blocks.0.$1.conv_dw"),
            new Rule("stage0_(\\d+)_depthwise_norm", "blocks.0.$1.bn1"),
            new Rule("stage0_(\\d+)_project_conv", "blocks.0.$1.conv_pw"),
            new Rule("stage0_(\\d+)_project_norm", "blocks.0.$1.bn2"),
            new Rule("stage(\\d)_(\\d+)_expand_conv", "blocks.$1.$2.conv_pw"),
            new Rule("stage(\\d)_(\\d+)_expand_norm", "blocks.$1.$2.bn1"),
            new Rule("stage(\\d)_(\\d+)_depthwise_conv", "blocks.$1.$2.conv_dw"),
            new Rule("stage(\\d)_(\\d+)_depthwise_norm", "blocks.$1.$2.bn2"),
            new Rule("stage(\\d)_(\\d+)_project_conv", "blocks.$1.$2.conv_pwl"),
            new Rule("stage(\\d)_(\\d+)_project_norm", "blocks.$1.$2.bn3"),
            new Rule("head_conv", "conv_head"),
            new Rule("head_norm", "bn2"),
            new Rule("logits", "classifier")),

    /** efficientnet_lite_pytorch's: {@code _blocks.1._depthwise_conv.weight}, the blocks of all stages counted through. */
    EFFICIENTNET_LITE_PYTORCH(
            new Rule("stem_conv", "_conv_stem"),
            new Rule("stem_norm", "_bn0"),
            new Rule("stage(\\d)_(\\d+)_expand_conv", "_blocks.#._expand_conv"),
            new Rule("stage(\\d)_(\\d+)_expand_norm", "_blocks.#._bn0"),
            new Rule("stage(\\d)_(\\d+)_depthwise_conv", "_blocks.#._depthwise_conv"),
            new Rule("stage(\\d)_(\\d+)_depthwise_norm", "_blocks.#._bn1"),
            new Rule("stage(\\d)_(\\d+)_project_conv", "_blocks.#._project_conv"),
            new Rule("stage(\\d)_(\\d+)_project_norm", "_blocks.#._bn2"),
            new Rule("head_conv", "_conv_head"),
            new Rule("head_norm", "_bn1"),
            new Rule("logits", "_fc"));

    private static final Pattern BLOCK = Pattern.compile("stage\\d_\\d+");

    @SuppressWarnings("ImmutableEnumChecker") // Patterns never change.
    private final List<Rule> rules;

    /** {@code $1} is the first number of our name, {@code #} how many blocks come before this one. */
    private record Rule(Pattern ours, String theirs) {
        Rule(String ours, String theirs) {
            this(Pattern.compile(ours + "\\b"), theirs);
        }
    }

    Naming(Rule... rules) {
        this.rules = List.of(rules);
    }

    /** Whether the library has such a network: it has a name for every weight. */
    boolean knows(Network network) {
        return this == MILLRACE
                || network.weights().stream().allMatch(weight -> rules.stream()
                        .anyMatch(rule -> rule.ours.matcher(weight.name()).lookingAt()));
    }

    /** Their names of all the network's weights, by ours, in the order of its operations. */
    Map<String, String> of(Network network) {
        Map<String, String> names = new LinkedHashMap<>();
        Map<String, Integer> blocks = new LinkedHashMap<>();
        for (WeightShape weight : network.weights()) {
            Matcher block = BLOCK.matcher(weight.name());
            int number = block.lookingAt() ? blocks.computeIfAbsent(block.group(), name -> blocks.size()) : 0;
            names.put(weight.name(), theirs(weight.name()).replace("#", String.valueOf(number)));
        }
        return names;
    }

    /** The library. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    private String theirs(String ours) {
        for (Rule rule : rules) {
            Matcher matcher = rule.ours.matcher(ours);
            if (matcher.lookingAt()) {
                StringBuilder name = new StringBuilder();
                matcher.appendReplacement(name, rule.theirs);
                return name.append(ours, matcher.end(), ours.length()).toString();
            }
        }
        return ours;
    }
}
