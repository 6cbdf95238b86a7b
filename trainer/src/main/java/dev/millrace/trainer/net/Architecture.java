package dev.millrace.trainer.net;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;

/**
 * The networks that can be trained, by name: each is written down once, and both the PyTorch module and the ONNX graph are made from
 * that. Wide and shallow ones gain most from int8, and channels in multiples of 64 fill its kernels.
 */
public enum Architecture {
    /** Shallow residual network in the shape of ResNet-9; about 20 k weights: for tests and for trying things out. */
    RESNET_MICRO(net -> net.conv("stem", 16, 1)
            .conv("stage1_down", 16, 2)
            .residual("stage1", 16, 1)
            .conv("stage2_down", 32, 2)
            .residual("stage2", 32, 1)),

    /** The same, wider: about 0.46 M weights; for 28x28 grey images about 40 M multiply-adds an image. */
    RESNET_MINI(net -> net.conv("stem", 32, 1)
            .conv("stage1_down", 64, 2)
            .residual("stage1", 64, 1)
            .conv("stage2_down", 128, 2)
            .residual("stage2", 128, 1)),

    /** The same, wider still: about 1.9 M weights. */
    RESNET_WIDE(net -> net.conv("stem", 64, 1)
            .conv("stage1_down", 128, 2)
            .residual("stage1", 128, 1)
            .conv("stage2_down", 256, 2)
            .residual("stage2", 256, 1)),

    /** The CIFAR ResNet of 20 layers (He et al. 2016, section 4.2) with 1x1 shortcuts: 0.28 M weights for 100 classes. */
    RESNET20(net -> net.conv("stem", 16, 1)
            .residual("stage1_1", 16, 0)
            .residual("stage1_2", 16, 0)
            .residual("stage1_3", 16, 0)
            .residual("stage2_1", 32, 32, 2, 0)
            .residual("stage2_2", 32, 0)
            .residual("stage2_3", 32, 0)
            .residual("stage3_1", 64, 64, 2, 0)
            .residual("stage3_2", 64, 0)
            .residual("stage3_3", 64, 0)),

    /** Plain convolutions and pooling in the manner of VGG (Simonyan and Zisserman 2015) with batch norms: 2.3 M weights. */
    VGG(net -> net.conv("stage1_1", 64, 1)
            .maxPool("stage1_pool")
            .conv("stage2_1", 128, 1)
            .conv("stage2_2", 128, 1)
            .maxPool("stage2_pool")
            .conv("stage3_1", 256, 1)
            .conv("stage3_2", 256, 1)
            .maxPool("stage3_pool")
            .conv("stage4_1", 256, 1)
            .conv("stage4_2", 256, 1)),

    /**
     * VGG's stages, each ending in a residual block: 2.8 M weights for 100 classes, 205 M multiply-adds for a 32x32 colour image. Most
     * of the work is done at 16x16 and 8x8, where wide convolutions are cheap; the last stage looks at the whole image.
     */
    VGGRES(net -> net.conv("stage1", 64, 1)
            .conv("stage2_down", 128, 2)
            .residual("stage2", 128, 0)
            .conv("stage3_down", 256, 2)
            .residual("stage3", 256, 0)
            .maxPool("stage4_down")
            .residual("stage4", 192, 0)),

    /** EfficientNet-Lite0, made for images of 224x224 on small devices: 4.7 M weights for 1,000 classes. */
    EFFICIENTNET_LITE0(net -> EfficientNetLite.layers(net, 1.0, 1.0), Family.BACKBONE),

    /** EfficientNet-Lite1, made for 240x240. */
    EFFICIENTNET_LITE1(net -> EfficientNetLite.layers(net, 1.0, 1.1), Family.BACKBONE),

    /** EfficientNet-Lite2, made for 260x260. */
    EFFICIENTNET_LITE2(net -> EfficientNetLite.layers(net, 1.1, 1.2), Family.BACKBONE),

    /** ResNet-18, made for 224x224: 11.7 M weights for 1,000 classes. */
    RESNET18(net -> ResNet.basic(net, List.of(2, 2, 2, 2)), Family.BACKBONE),

    /** ResNet-50, made for 224x224: 25.6 M weights for 1,000 classes. */
    RESNET50(net -> ResNet.bottleneck(net, List.of(3, 4, 6, 3)), Family.BACKBONE);

    private enum Family {
        /** Takes images as they are. */
        OWN,
        /** Known with weights learned on large RGB images, so that pixels have to come as those had them. */
        BACKBONE
    }

    @SuppressWarnings("ImmutableEnumChecker") // The layers are lambdas that hold nothing.
    private final UnaryOperator<NetworkBuilder> layers;

    private final Family family;

    Architecture(UnaryOperator<NetworkBuilder> layers) {
        this(layers, Family.OWN);
    }

    Architecture(UnaryOperator<NetworkBuilder> layers, Family family) {
        this.layers = layers;
        this.family = family;
    }

    /** As on the command line: {@code resnet-mini}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Finds an architecture by its {@link #id()}.
     *
     * @throws IllegalArgumentException when none has it
     */
    public static Architecture parse(String id) {
        return Arrays.stream(values())
                .filter(architecture -> architecture.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("architecture: %s (expected: one of %s)"
                        .formatted(
                                id,
                                Arrays.stream(values()).map(Architecture::id).toList())));
    }

    /** The shape to bring images of that shape to: a backbone takes RGB. */
    public ImageShape input(ImageShape images) {
        return new ImageShape(images.height(), images.width(), family == Family.BACKBONE ? 3 : images.channels());
    }

    /** What to do with pixels: a backbone's weights expect what they were trained with; others take the training images' mean off. */
    public Normalization normalization(DoubleSupplier meanPixel) {
        return family == Family.BACKBONE ? Normalization.CENTRED : Normalization.around(meanPixel.getAsDouble());
    }

    /**
     * The network for images of this shape.
     *
     * @throws IllegalArgumentException when they are too small, or no RGB for a backbone
     */
    public Network network(ImageShape input, int classes) {
        return layers.apply(new NetworkBuilder(input)).classify(id(), classes);
    }
}
