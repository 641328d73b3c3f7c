package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * The log probabilities of one text's tokens, in step with its characters: those of a token are
 * given out with the piece of text in which it begins. Special tokens are left out, and what stands
 * behind the end of a text that a stop string has cut.
 */
public final class Steps {
  private record Step(StepLogProbabilities logProbabilities, int begin) {}

  private final Tokenizer tokenizer;
  private final boolean keepsSpace;
  private final Queue<Step> waiting = new ArrayDeque<>();

  /** Bytes of the tokens that were added. */
  private int added;

  /** Bytes of the text that was given out. */
  private int given;

  private boolean calling;

  /**
   * @param keepsSpace whether the text begins with the space of its first token
   */
  public Steps(Tokenizer tokenizer, boolean keepsSpace) {
    this.tokenizer = tokenizer;
    this.keepsSpace = keepsSpace;
  }

  /** Those of a whole text, as it is shown. */
  public static List<StepLogProbabilities> of(
      Generation text, String shown, Tokenizer tokenizer, boolean keepsSpace) {
    Steps steps = new Steps(tokenizer, keepsSpace);
    text.outputs().logProbabilities().forEach(steps::add);
    List<StepLogProbabilities> all = new ArrayList<>(steps.upTo(shown));
    all.addAll(steps.rest(text));
    return all;
  }

  /** Takes those of the next token. */
  public void add(StepLogProbabilities step) {
    int id = step.chosen().id();
    byte[] bytes = TokenText.bytes(tokenizer, id);
    if (bytes.length > 0 && !calling) {
      if (added == 0 && !keepsSpace) {
        added -= LeadingSpace.droppedFrom(tokenizer, id).length();
      }
      waiting.add(new Step(step, added));
      added += bytes.length;
    }
    calling |= bytes.length == 0 && TokenText.of(tokenizer, id).equals("[TOOL_CALLS]");
  }

  /** Those of the tokens that begin in the next piece of the text. */
  public List<StepLogProbabilities> upTo(String piece) {
    given += piece.getBytes(StandardCharsets.UTF_8).length;
    List<StepLogProbabilities> taken = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.element().begin() < given) {
      taken.add(waiting.remove().logProbabilities());
    }
    return taken;
  }

  /** Those that are left at the end of the text. */
  public List<StepLogProbabilities> rest(Generation text) {
    boolean cut = text.finishReason() == FinishReason.STOP_STRING;
    return cut ? List.of() : waiting.stream().map(Step::logProbabilities).toList();
  }
}
