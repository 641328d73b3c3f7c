package io.github.jmixtral.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The {@code normalizer} of a tokenizer.json: Prepend and Replace steps in order. */
record TextNormalizer(List<Step> steps) {

  /** One step. */
  sealed interface Step {
    String apply(String text);
  }

  /** Puts a text in front, unless there is nothing to put it in front of. */
  record Prepend(String prefix) implements Step {
    @Override
    public String apply(String text) {
      return text.isEmpty() ? text : prefix + text;
    }
  }

  /** Replaces every occurrence of a text. */
  record Replace(Replacement replacement) implements Step {
    @Override
    public String apply(String text) {
      return replacement.apply(text);
    }
  }

  static TextNormalizer read(Optional<JsonPart> normalizer) {
    List<Step> steps = new ArrayList<>();
    normalizer.ifPresent(
        part -> {
          readInto(part, steps);
          Replacement.checkGrowth(replacements(steps), steps.size(), part);
        });
    return new TextNormalizer(List.copyOf(steps));
  }

  private static List<Replacement> replacements(List<Step> steps) {
    return steps.stream()
        .filter(Replace.class::isInstance)
        .map(step -> ((Replace) step).replacement())
        .toList();
  }

  private static void readInto(JsonPart part, List<Step> steps) {
    switch (part.type()) {
      case "Sequence" ->
          part.required("normalizers").elements().forEach(child -> readInto(child, steps));
      case "Prepend" -> steps.add(new Prepend(Replacement.bounded(part.required("prepend"))));
      case "Replace" -> steps.add(new Replace(Replacement.read(part)));
      case String other -> throw part.unsupported("Sequence, Prepend or Replace", other);
    }
  }

  /** The text as it becomes in the middle of a longer one: nothing is put in front. */
  String replace(String text) {
    String replaced = text;
    for (Replacement replacement : replacements(steps)) {
      replaced = replacement.apply(replaced);
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
