package dev.millrace.trainer.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import dev.millrace.trainer.weights.FloatTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Makes and reads ONNX tensors. Values are written as raw little-endian bytes. */
public final class Tensors {
    private Tensors() {}

    /** A tensor of float32. */
    public static TensorProto floats(String name, FloatTensor tensor) {
        ByteBuffer bytes = littleEndian(tensor.values().length * Float.BYTES);
        bytes.asFloatBuffer().put(tensor.values());
        return tensor(name, DataType.FLOAT, ByteString.copyFrom(bytes), tensor.shape());
    }

    /** A float32 without dimensions. */
    public static TensorProto scalar(String name, float value) {
        return floats(name, new FloatTensor(new long[0], new float[] {value}));
    }

    /** A tensor of uint8 or int8, one per byte. */
    public static TensorProto bytes(String name, DataType type, byte[] values, long... shape) {
        return tensor(name, type, ByteString.copyFrom(values), shape);
    }

    /** A tensor of int32 with one dimension. */
    public static TensorProto integers(String name, int... values) {
        ByteBuffer bytes = littleEndian(values.length * Integer.BYTES);
        bytes.asIntBuffer().put(values);
        return tensor(name, DataType.INT32, ByteString.copyFrom(bytes), values.length);
    }

    /**
     * The values of a float32 tensor.
     *
     * @throws IllegalArgumentException for another type or values kept in another file
     */
    public static FloatTensor floatsOf(TensorProto tensor) {
        if (tensor.getDataType() != DataType.FLOAT.getNumber() || tensor.getExternalDataCount() > 0) {
            throw new IllegalArgumentException("tensor %s: type %s (expected: FLOAT, inside the file)"
                    .formatted(tensor.getName(), DataType.forNumber(tensor.getDataType())));
        }
        long[] shape = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
        float[] values;
        if (tensor.hasRawData()) {
            values = new float[tensor.getRawData().size() / Float.BYTES];
            tensor.getRawData()
                    .asReadOnlyByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(values);
        } else {
            values = new float[tensor.getFloatDataCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = tensor.getFloatData(i);
            }
        }
        return new FloatTensor(shape, values);
    }

    /**
     * The one value of a uint8 tensor, 0 to 255.
     *
     * @throws IllegalArgumentException for another type or count
     */
    public static int unsignedByteOf(TensorProto tensor) {
        boolean raw = tensor.getRawData().size() == 1;
        if (tensor.getDataType() != DataType.UINT8.getNumber() || (!raw && tensor.getInt32DataCount() != 1)) {
            throw new IllegalArgumentException("tensor %s: type %s (expected: one UINT8)"
                    .formatted(tensor.getName(), DataType.forNumber(tensor.getDataType())));
        }
        return raw ? Byte.toUnsignedInt(tensor.getRawData().byteAt(0)) : tensor.getInt32Data(0);
    }

    /** A tensor of int64 with one dimension. */
    public static TensorProto longs(String name, long... values) {
        ByteBuffer bytes = littleEndian(values.length * Long.BYTES);
        bytes.asLongBuffer().put(values);
        return tensor(name, DataType.INT64, ByteString.copyFrom(bytes), values.length);
    }

    /** A tensor of float16, each value rounded to the nearest (IEEE 754 binary16); raw bits are given. */
    public static TensorProto halves(String name, short[] bits, long... shape) {
        ByteBuffer bytes = littleEndian(bits.length * Short.BYTES);
        bytes.asShortBuffer().put(bits);
        return tensor(name, DataType.FLOAT16, ByteString.copyFrom(bytes), shape);
    }

    private static TensorProto tensor(String name, DataType type, ByteString raw, long... shape) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(type.getNumber())
                .setRawData(raw);
        for (long dimension : shape) {
            tensor.addDims(dimension);
        }
        return tensor.build();
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
