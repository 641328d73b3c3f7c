package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * One of the inputs of completions and embeddings: a field holds a text, token ids, or a list of
 * either.
 *
 * @param prompt the input for the library
 * @param text the input as it was given, or empty for ids
 */
record PromptInput(Prompt prompt, Optional<String> text) {
  private static final int MOST = 2048;

  /**
   * The inputs of a field that must be there.
   *
   * @throws ApiException if it is none of the four
   */
  static List<PromptInput> read(Fields fields, String name, int vocabSize) {
    String place = fields.place(name);
    JsonNode value = fields.require(name);
    if (value.isString()) {
      return List.of(text(place, value));
    }
    if (!value.isArray()) {
      throw Refusal.value(place, "must be a string, a list of token ids, or a list of either");
    }
    List<JsonNode> values = Fields.list(place, value);
    if (values.isEmpty()) {
      throw Refusal.value(place, "is an empty list");
    }
    if (values.getFirst().isNumber()) {
      return List.of(ids(place, values, vocabSize));
    }
    if (values.size() > MOST) {
      throw Refusal.value(
          place, "holds %d inputs, but may hold %d at most".formatted(values.size(), MOST));
    }
    List<PromptInput> inputs = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      String where = place + "[" + i + "]";
      JsonNode element = values.get(i);
      inputs.add(
          element.isArray()
              ? ids(where, Fields.list(where, element), vocabSize)
              : text(where, element));
    }
    return inputs;
  }

  private static PromptInput text(String place, JsonNode value) {
    String text = Fields.text(place, value);
    return new PromptInput(Prompt.text(text), Optional.of(text));
  }

  private static PromptInput ids(String place, List<JsonNode> values, int vocabSize) {
    int[] ids =
        IntStream.range(0, values.size())
            .map(i -> Fields.integer(place + "[" + i + "]", values.get(i), 0, vocabSize - 1))
            .toArray();
    return new PromptInput(Prompt.ids(ids), Optional.empty());
  }
}
