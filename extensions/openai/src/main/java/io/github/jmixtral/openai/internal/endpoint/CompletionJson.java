package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.generation.TokenLogProbability;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.Usage;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON of completions, which are whole or chunks of a stream. */
record CompletionJson(Host host, Stamp stamp, CompletionForm form) {
  private ObjectNode object() {
    ObjectNode object = Json.object();
    object.put("id", "cmpl-" + stamp.token());
    object.put("object", "text_completion");
    object.put("created", stamp.created().getEpochSecond());
    object.put("model", host.model().name());
    object.put("system_fingerprint", host.fingerprint());
    return object;
  }

  Tokenizer tokenizer() {
    return host.tokenizer();
  }

  /** A whole answer. */
  ObjectNode answer(List<Generation> texts, Usage usage) {
    ObjectNode object = object();
    ArrayNode choices = object.putArray("choices");
    for (int i = 0; i < texts.size(); i++) {
      Generation text = texts.get(i);
      String shown = space(text) + text.text();
      List<StepLogProbabilities> steps =
          form.logprobs() ? Steps.of(text, shown, tokenizer(), !form.constrained()) : List.of();
      putChoice(choices.addObject(), i, form.echo(i) + shown, steps, 0);
      ((ObjectNode) choices.get(i)).put("finish_reason", Finish.ofText(text));
    }
    usage.putInto(object);
    return object;
  }

  private String space(Generation text) {
    return text.text().isEmpty() || form.constrained() || host.model().tokenizer().isEmpty()
        ? ""
        : LeadingSpace.droppedFrom(tokenizer(), text.ids());
  }

  /**
   * A chunk with a piece of a text.
   *
   * @param offset characters of the text before the piece
   */
  ObjectNode text(int index, String piece, List<StepLogProbabilities> steps, int offset) {
    ObjectNode object = object();
    putChoice(object.putArray("choices").addObject(), index, piece, steps, offset);
    return object;
  }

  /** The last chunk of a text. */
  ObjectNode finish(int index, Generation text) {
    ObjectNode object = object();
    ObjectNode choice = object.putArray("choices").addObject();
    putChoice(choice, index, "", List.of(), 0);
    choice.putNull("logprobs");
    choice.put("finish_reason", Finish.ofText(text));
    return object;
  }

  /** The chunk behind all texts. */
  ObjectNode usage(Usage usage) {
    ObjectNode object = object();
    object.putArray("choices");
    usage.putInto(object);
    return object;
  }

  private void putChoice(
      ObjectNode choice, int index, String text, List<StepLogProbabilities> steps, int offset) {
    choice.put("text", text);
    choice.put("index", index);
    if (form.logprobs()) {
      putLogprobs(choice.putObject("logprobs"), steps, offset);
    } else {
      choice.putNull("logprobs");
    }
    choice.putNull("finish_reason");
  }

  private void putLogprobs(ObjectNode logprobs, List<StepLogProbabilities> steps, int begin) {
    ArrayNode tokens = logprobs.putArray("tokens");
    ArrayNode values = logprobs.putArray("token_logprobs");
    ArrayNode tops = logprobs.putArray("top_logprobs");
    ArrayNode offsets = logprobs.putArray("text_offset");
    int offset = begin;
    for (StepLogProbabilities step : steps) {
      String token = TokenText.of(tokenizer(), step.chosen().id());
      tokens.add(token);
      values.add(ChatLogprobs.finite(step.chosen().logProbability()));
      ObjectNode top = tops.addObject();
      step.top().forEach(candidate -> putIfAbsent(top, candidate));
      putIfAbsent(top, step.chosen());
      offsets.add(offset);
      offset += token.length();
    }
  }

  /** Several ids may have the same text; the likeliest comes first. */
  private void putIfAbsent(ObjectNode top, TokenLogProbability candidate) {
    String token = TokenText.of(tokenizer(), candidate.id());
    if (!top.has(token)) {
      top.put(token, ChatLogprobs.finite(candidate.logProbability()));
    }
  }
}
