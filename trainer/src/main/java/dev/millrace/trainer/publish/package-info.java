/**
 * Publishes model versions: the artifact in chunks first, then the signed manifest and the rollout record together, in one transaction on
 * the control topic, which is the model registry.
 */
@NullMarked
package dev.millrace.trainer.publish;

import org.jspecify.annotations.NullMarked;
