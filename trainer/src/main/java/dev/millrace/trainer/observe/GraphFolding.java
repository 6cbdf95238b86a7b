package dev.millrace.trainer.observe;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.model.OnnxRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Lets ONNX Runtime fold what is constant: shape arithmetic, batch norms into the convolutions before them, and nodes that do nothing.
 * What comes out is plain ONNX again.
 */
public final class GraphFolding {
    private GraphFolding() {}

    /**
     * The folded model, with the metadata of the given one.
     *
     * @throws IllegalArgumentException when ONNX Runtime refuses the model
     */
    public static ModelProto fold(ModelProto model) throws IOException {
        Path folder = Files.createTempDirectory("millrace-fold");
        Path folded = folder.resolve("folded.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.BASIC_OPT);
            options.setOptimizedModelFilePath(folded.toString());
            OnnxRuntime.environment()
                    .createSession(model.toByteArray(), options)
                    .close();
            ModelProto result = OnnxFile.parse(Files.readAllBytes(folded), "folded model");
            return OnnxFile.withMetadata(withUsedDomains(result, model), OnnxFile.metadata(model));
        } catch (OrtException e) {
            throw new IllegalArgumentException("model: refused by ONNX Runtime: " + OnnxRuntime.reason(e), e);
        } finally {
            Files.deleteIfExists(folded);
            Files.deleteIfExists(folder);
        }
    }

    /** ONNX Runtime names every operator set it knows; only those that are used stay. */
    private static ModelProto withUsedDomains(ModelProto folded, ModelProto original) {
        Set<String> used = new TreeSet<>();
        collectDomains(folded.getGraph().getNodeList(), used);
        used.add("");
        List<OperatorSetIdProto> kept = folded.getOpsetImportList().stream()
                .filter(set -> used.contains(set.getDomain()))
                .toList();
        return folded.toBuilder()
                .clearOpsetImport()
                .addAllOpsetImport(kept)
                .setProducerName(original.getProducerName())
                .setProducerVersion(original.getProducerVersion())
                .build();
    }

    private static void collectDomains(List<NodeProto> nodes, Set<String> domains) {
        for (NodeProto node : nodes) {
            domains.add(node.getDomain().equals("ai.onnx") ? "" : node.getDomain());
            Graphs.subgraphs(node).forEach(subgraph -> collectDomains(subgraph.getNodeList(), domains));
        }
    }
}
