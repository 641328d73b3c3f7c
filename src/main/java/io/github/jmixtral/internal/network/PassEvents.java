package io.github.jmixtral.internal.network;

import org.jspecify.annotations.Nullable;

/**
 * Reports forward passes to JDK Flight Recorder. Without a recording, a pass costs a few looks at
 * flags, and nothing is allocated.
 */
final class PassEvents {

  // Only asked whether their kind is recorded.
  private final PrefillEvent anyPrefill = new PrefillEvent();
  private final DecodeStepEvent anyDecodeStep = new DecodeStepEvent();
  private final ExpertLoadEvent anyExpertLoad = new ExpertLoadEvent();

  // The current pass's, or null.
  private @Nullable PrefillEvent prefill;
  private @Nullable DecodeStepEvent decodeStep;

  /** A pass begins. */
  void begin(TokenBatch batch) {
    prefill = null;
    decodeStep = null;
    if (isDecodeStep(batch)) {
      if (anyDecodeStep.isEnabled()) {
        decodeStep = new DecodeStepEvent();
        decodeStep.sequences = batch.sequences();
        decodeStep.cachedTokens = cachedTokens(batch);
        decodeStep.begin();
      }
    } else if (anyPrefill.isEnabled()) {
      prefill = new PrefillEvent();
      prefill.tokens = batch.rows();
      prefill.sequences = batch.sequences();
      prefill.cachedTokens = cachedTokens(batch);
      prefill.begin();
    }
  }

  private static boolean isDecodeStep(TokenBatch batch) {
    for (int s = 0; s < batch.sequences(); s++) {
      if (batch.count(s) > 1 || batch.cache(s).length() == 0) {
        return false;
      }
    }
    return true;
  }

  private static long cachedTokens(TokenBatch batch) {
    long tokens = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      tokens += batch.cache(s).length();
    }
    return tokens;
  }

  /** A layer's experts have run. */
  void experts(int layer, TokenBatch batch, SparseMoeBlock moe) {
    if (!anyExpertLoad.isEnabled()) {
      return;
    }
    ExpertLoadEvent event = new ExpertLoadEvent();
    StringBuilder counts = new StringBuilder();
    for (int expert = 0; expert < moe.experts(); expert++) {
      int tokens = moe.tokensOf(expert);
      event.most = Math.max(event.most, tokens);
      counts.append(expert == 0 ? "" : " ").append(tokens);
    }
    event.layer = layer;
    event.tokens = batch.rows();
    event.counts = counts.toString();
    event.commit();
  }

  /** The pass has ended. */
  void end() {
    if (decodeStep != null) {
      decodeStep.commit();
    }
    if (prefill != null) {
      prefill.commit();
    }
  }
}
