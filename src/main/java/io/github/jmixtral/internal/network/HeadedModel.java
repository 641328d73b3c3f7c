package io.github.jmixtral.internal.network;

import java.util.List;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/** A {@link DecoderStack} with a head: computes steps of several sequences together. */
public sealed interface HeadedModel permits LanguageModel, SequenceClassifier {
  /** How many ids flow through the layers together at most. */
  int chunk();

  /**
   * Looks at a step without running it.
   *
   * @throws IllegalArgumentException when ids, cache or outputs do not fit the model
   * @throws IllegalStateException when the cache is closed
   */
  void requireFits(SequenceStep step);

  /**
   * Appends ids to several sequences at once, which reads the weights once for all of them, and
   * computes what the head makes of the states where it is wanted, or the states of steps without a
   * head. Long steps go through in chunks. Allocates nothing once warm.
   *
   * @param steps the caches all different
   * @param progress receives the fraction of the work that is done, after each layer; it must not
   *     call the model. Null for none
   * @throws IllegalArgumentException when ids, caches or outputs do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  void run(List<SequenceStep> steps, @Nullable DoubleConsumer progress);
}
