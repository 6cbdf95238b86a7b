package dev.millrace.trainer.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import java.util.List;

/** Makes ONNX nodes with one output and reads their integer attributes. Each attribute type has a name of its own. */
public final class Nodes {
    private Nodes() {}

    /** A node that is named after its output. */
    public static NodeProto node(String type, List<String> inputs, String output, AttributeProto... attributes) {
        return NodeProto.newBuilder()
                .setOpType(type)
                .setName(output)
                .addAllInput(inputs)
                .addOutput(output)
                .addAllAttribute(List.of(attributes))
                .build();
    }

    /** An attribute of one integer. */
    public static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    /** An attribute of several integers. */
    public static AttributeProto integers(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute.build();
    }

    /** The integer attribute of that name, or {@code otherwise} where the node leaves it out. */
    public static long integerOf(NodeProto node, String name, long otherwise) {
        return node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .mapToLong(AttributeProto::getI)
                .findFirst()
                .orElse(otherwise);
    }

    /** The float attribute of that name, or {@code otherwise} where the node leaves it out. */
    public static float realOf(NodeProto node, String name, float otherwise) {
        return node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .map(AttributeProto::getF)
                .findFirst()
                .orElse(otherwise);
    }

    /** The integers of that name; empty where the node leaves them out. */
    public static long[] integersOf(NodeProto node, String name) {
        return node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .flatMap(attribute -> attribute.getIntsList().stream())
                .mapToLong(Long::longValue)
                .toArray();
    }

    /** The text attribute of that name, or {@code otherwise} where the node leaves it out. */
    public static String textOf(NodeProto node, String name, String otherwise) {
        return node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .map(attribute -> attribute.getS().toStringUtf8())
                .findFirst()
                .orElse(otherwise);
    }

    /** An attribute of text. */
    public static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    /** Whether the node has that attribute. */
    public static boolean has(NodeProto node, String name) {
        return node.getAttributeList().stream()
                .anyMatch(attribute -> attribute.getName().equals(name));
    }

    /** The node without the attributes of these names. */
    public static NodeProto without(NodeProto node, String... names) {
        List<AttributeProto> kept = node.getAttributeList().stream()
                .filter(attribute -> !List.of(names).contains(attribute.getName()))
                .toList();
        return node.toBuilder().clearAttribute().addAllAttribute(kept).build();
    }
}
