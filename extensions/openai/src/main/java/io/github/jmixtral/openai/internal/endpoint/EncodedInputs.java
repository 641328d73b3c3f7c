package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.TokenLimit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Inputs that are read once and not continued.
 *
 * @param ids of each input; the arrays are never changed
 */
public record EncodedInputs(List<int[]> ids) {
  /** Those of a field that holds a text, ids, or a list of either. */
  public static EncodedInputs read(Fields fields, String name, Host host) {
    List<PromptInput> inputs = PromptInput.read(fields, name, host.model().config().vocabSize());
    return of(inputs.stream().map(PromptInput::prompt).toList(), fields.place(name), host);
  }

  /**
   * The ids of prompts.
   *
   * @throws ApiException if an input is empty or longer than the context
   */
  static EncodedInputs of(List<Prompt> prompts, String place, Host host) {
    List<int[]> encoded = new ArrayList<>();
    for (Prompt prompt : prompts) {
      if (prompt.equals(Prompt.text("")) || prompt.equals(Prompt.ids())) {
        throw Refusal.value(place, "holds an empty input");
      }
      int[] ids = prompt.encode(host::tokenizer);
      if (ids.length > host.contextLength()) {
        throw TokenLimit.tooLong(ids.length, host, place);
      }
      encoded.add(ids);
    }
    return new EncodedInputs(encoded);
  }

  /** These, and others behind them. */
  EncodedInputs and(EncodedInputs others) {
    return new EncodedInputs(Stream.concat(ids.stream(), others.ids.stream()).toList());
  }

  /** All of them as prompts. */
  public List<Prompt> prompts() {
    return ids.stream().map(Prompt::ids).toList();
  }

  int[] get(int index) {
    return ids.get(index);
  }

  int count() {
    return ids.size();
  }

  /** How many ids there are in all. */
  public int length() {
    return ids.stream().mapToInt(input -> input.length).sum();
  }

  /** What reading them has cost. */
  void putUsage(ObjectNode answer) {
    answer.putObject("usage").put("prompt_tokens", length()).put("total_tokens", length());
  }

  @Override
  public String toString() {
    return "EncodedInputs" + ids.stream().map(Arrays::toString).toList();
  }
}
