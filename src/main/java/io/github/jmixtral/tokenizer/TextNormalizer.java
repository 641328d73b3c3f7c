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

  /** Replaces every occurrence of a text, which is not empty. */
  record Replace(String pattern, String content) implements Step {
    @Override
    public String apply(String text) {
      return text.replace(pattern, content);
    }
  }

  static TextNormalizer read(Optional<JsonPart> normalizer) {
    List<Step> steps = new ArrayList<>();
    normalizer.ifPresent(part -> readInto(part, steps));
    return new TextNormalizer(List.copyOf(steps));
  }

  private static void readInto(JsonPart part, List<Step> steps) {
    switch (part.type()) {
      case "Sequence" ->
          part.required("normalizers").elements().forEach(child -> readInto(child, steps));
      case "Prepend" -> steps.add(new Prepend(part.required("prepend").string()));
      case "Replace" -> steps.add(new Replace(pattern(part), part.required("content").string()));
      case String other -> throw part.unsupported("Sequence, Prepend or Replace", other);
    }
  }

  /** The {@code {"String": …}} of a Replace step. */
  static String pattern(JsonPart replace) {
    JsonPart pattern = replace.required("pattern");
    if (pattern.optional("Regex").isPresent()) {
      throw pattern.unsupported("a String", "a Regex");
    }
    String text = pattern.required("String").string();
    if (text.isEmpty()) {
      throw pattern.malformed("a text to replace", "an empty one");
    }
    return text;
  }

  String apply(String text) {
    String normalized = text;
    for (Step step : steps) {
      normalized = step.apply(normalized);
    }
    return normalized;
  }
}
