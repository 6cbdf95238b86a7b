package dev.millrace.worker.lane;

import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.publish.ShadowPublisher;
import dev.millrace.worker.serving.ServingPlans;

/**
 * What the lanes of a worker answer with, and share.
 *
 * @param plans who answers for each model
 * @param models the versions that are loaded
 * @param shadows takes what challengers that look on would have answered
 */
public record Serving(ServingPlans plans, LiveModels models, ShadowPublisher shadows) {}
