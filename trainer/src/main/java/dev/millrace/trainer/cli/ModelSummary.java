package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.RegistryState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A published version as the commands print it.
 *
 * @param epoch only of a version that was just published
 */
record ModelSummary(
        String name,
        int version,
        boolean champion,
        String precision,
        long bytes,
        String sha256,
        String createdAt,
        List<String> labels,
        Map<String, Double> metrics,
        Map<String, String> lineage,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long epoch) {
    static ModelSummary of(ModelRegistry.Published published) {
        return of(published.manifest(), true, published.epoch());
    }

    static ModelSummary of(RegistryState.Entry entry) {
        return of(entry.manifest(), entry.champion(), null);
    }

    private static ModelSummary of(ModelManifest manifest, boolean champion, @Nullable Long epoch) {
        Instant created = manifest.getCreatedAt();
        return new ModelSummary(
                manifest.getName(),
                manifest.getVersion(),
                champion,
                manifest.getPrecision(),
                manifest.getBytes(),
                manifest.getSha256(),
                created.toString(),
                manifest.getLabels(),
                manifest.getMetrics(),
                manifest.getLineage(),
                epoch);
    }
}
