package dev.millrace.trainer.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.PublishedVersion;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A published version as the commands print it.
 *
 * @param epoch only of a version that was just published, and not by way of trial
 */
record ModelSummary(
        String name,
        int version,
        boolean champion,
        String precision,
        long bytes,
        String sha256,
        String artifact,
        int golden,
        double maxLatencyMs,
        String createdAt,
        List<String> labels,
        Map<String, Double> metrics,
        Map<String, String> lineage,

        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long epoch) {
    static ModelSummary of(ModelRegistry.Published published) {
        return of(published.manifest(), published.answers(), published.epoch());
    }

    /** A version that would be published so. */
    static ModelSummary of(ModelManifest manifest, boolean champion) {
        return of(manifest, champion, null);
    }

    static ModelSummary of(PublishedVersion published) {
        return of(published.manifest(), published.champion(), null);
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
                manifest.getArtifact(),
                manifest.getGolden().size(),
                manifest.getMaxLatencyMs(),
                created.toString(),
                manifest.getLabels(),
                manifest.getMetrics(),
                manifest.getLineage(),
                epoch);
    }
}
