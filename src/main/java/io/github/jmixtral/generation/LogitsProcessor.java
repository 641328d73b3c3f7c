package io.github.jmixtral.generation;

/**
 * Changes the logits of the next token before it is chosen: a penalty, a ban, a cut of the tail. An
 * entry of {@link Float#NEGATIVE_INFINITY} is removed: that id can't be chosen.
 *
 * <p>A processor belongs to one generation at a time and may keep scratch arrays between calls. The
 * decoding loop allocates nothing per token, and neither should a processor. Beam search shows one
 * processor the texts of its beams in turn: what it does may depend on the sequence only.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface LogitsProcessor {
  /**
   * Processes the logits in place.
   *
   * @param sequence the prompt and what was generated so far
   * @param logits next-token logits [vocab], as the model or the processor before left them
   */
  void process(TokenSequence sequence, float[] logits);
}
