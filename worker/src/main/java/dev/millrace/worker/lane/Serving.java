package dev.millrace.worker.lane;

import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.publish.ShadowPublisher;
import dev.millrace.worker.serving.ServingPlans;

/**
 * What the lanes of a worker answer with, and share.
 *
 * @param plans who answers for each model
 * @param models the versions that are loaded
 * @param shadows takes what challengers that look on would have answered
 * @param wire what requests may be written in, and shadow results are
 */
public record Serving(ServingPlans plans, LiveModels models, ShadowPublisher shadows, WireTerms wire) {}
