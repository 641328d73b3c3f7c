package io.github.jmixtral.generation;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How likely a model finds each of several continuations of a prompt.
 *
 * @param choices in the order that they were given in, at least one
 */
public record ChoiceScores(List<ChoiceScore> choices) {

  /** Takes a copy of the list. */
  public ChoiceScores {
    choices = List.copyOf(choices);
    if (choices.isEmpty()) {
      throw new IllegalArgumentException("choices: expected at least one, found none");
    }
  }

  /**
   * The most probable choice first, by {@link TextScore#sum()}: which continuation the model would
   * give. Longer ones have a disadvantage. Equal ones keep their order.
   */
  public List<ChoiceScore> bySum() {
    return ranked(TextScore::sum);
  }

  /**
   * The choice with the most probable ids first, by {@link TextScore#mean()}, whatever their
   * number. Equal ones keep their order.
   */
  public List<ChoiceScore> byMean() {
    return ranked(TextScore::mean);
  }

  private List<ChoiceScore> ranked(ToDoubleFunction<TextScore> measure) {
    return choices.stream()
        .sorted(
            Comparator.comparingDouble(
                    (ChoiceScore choice) -> measure.applyAsDouble(choice.score()))
                .reversed())
        .toList();
  }
}
