package io.github.jmixtral.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The {@code normalizer} of a tokenizer.json: Prepend and Replace steps in order. */
record TextNormalizer(List<Step> steps) {

  /** One step. */
  sealed interface Step permits Prepend, Replacement {
    String apply(String text);
  }

  /** Puts a text in front, unless there is nothing to put it in front of. */
  record Prepend(String prefix) implements Step {
    @Override
    public String apply(String text) {
      return text.isEmpty() ? text : prefix + text;
    }
  }

  static TextNormalizer read(Optional<JsonPart> normalizer) {
    List<Step> steps = new ArrayList<>();
    normalizer.ifPresent(
        part -> {
          readInto(part, steps);
          Replacement.checkGrowth(steps, part);
        });
    return new TextNormalizer(List.copyOf(steps));
  }

  private static void readInto(JsonPart part, List<Step> steps) {
    switch (part.type()) {
      case "Sequence" ->
          part.required("normalizers").elements().forEach(child -> readInto(child, steps));
      case "Prepend" -> steps.add(new Prepend(Replacement.bounded(part.required("prepend"))));
      case "Replace" -> steps.add(Replacement.read(part));
      case String other -> throw part.unsupported("Sequence, Prepend or Replace", other);
    }
  }

  /** The text as it becomes in the middle of a longer one: nothing is put in front. */
  String replace(String text) {
    String replaced = text;
    for (Step step : steps) {
      replaced = step instanceof Replacement ? step.apply(replaced) : replaced;
    }
    return replaced;
  }

  String apply(String text) {
    String normalized = text;
    for (Step step : steps) {
      normalized = step.apply(normalized);
    }
    return normalized;
  }
}
