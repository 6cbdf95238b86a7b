package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtSession;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.model.OnnxRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What ONNX Runtime makes of a model at its highest level. */
final class Fused {
    private Fused() {}

    /** How many nodes of each operator. */
    static Map<String, Long> operators(ModelProto model) throws Exception {
        Path optimized = Files.createTempFile("optimized", ".onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setOptimizedModelFilePath(optimized.toString());
            OnnxRuntime.environment()
                    .createSession(model.toByteArray(), options)
                    .close();
            ModelProto fused = OnnxFile.parse(Files.readAllBytes(optimized), "optimized");
            return fused.getGraph().getNodeList().stream()
                    .map(NodeProto::getOpType)
                    .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        } finally {
            Files.delete(optimized);
        }
    }
}
