package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.task.TextListener;
import io.github.jmixtral.openai.internal.task.Usage;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** Turns tokens into the chunks of a streamed chat completion, as they come. */
final class ChatStream implements TextListener {
  private final ChatJson json;
  private final EventSink sink;
  private final boolean includesUsage;
  private final Map<Integer, Choice> choices = new HashMap<>();

  /** What was sent of a choice. */
  private static final class Choice {
    final Steps steps;
    final List<String> callIds = new ArrayList<>();

    Choice(Steps steps) {
      this.steps = steps;
    }
  }

  ChatStream(ChatJson json, EventSink sink, boolean includesUsage) {
    this.json = json;
    this.sink = sink;
    this.includesUsage = includesUsage;
  }

  @Override
  public void onToken(int text, GeneratedToken token) {
    Choice choice = choices.get(text);
    if (choice == null) {
      choice = new Choice(new Steps(json.tokenizer(), false));
      choices.put(text, choice);
      send(json.role(text));
    }
    token.logProbabilities().ifPresent(choice.steps::add);
    if (!token.text().isEmpty()) {
      send(json.text(text, token.text(), choice.steps.upTo(token.text())));
    }
    for (ToolCall part : token.toolCallParts()) {
      send(text, choice, part);
    }
  }

  private void send(int text, Choice choice, ToolCall part) {
    int place = choice.callIds.indexOf(part.id());
    if (place < 0) {
      place = choice.callIds.size();
      choice.callIds.add(part.id());
      send(json.callBegins(text, place, part));
    }
    if (!part.arguments().isEmpty()) {
      send(json.arguments(text, place, part.arguments()));
    }
  }

  /** Sends what comes behind the last token. */
  void finish(List<Generation> answers, Usage usage) {
    for (int i = 0; i < answers.size(); i++) {
      Choice choice = choices.get(i);
      List<StepLogProbabilities> rest =
          choice == null ? List.of() : choice.steps.rest(answers.get(i));
      if (!rest.isEmpty()) {
        send(json.text(i, "", rest));
      }
      send(json.finish(i, answers.get(i)));
    }
    if (includesUsage) {
      sink.send(new StreamEvent("", json.usage(usage).toString()));
    }
    sink.send(new StreamEvent("", "[DONE]"));
  }

  /** Chunks before that of the usage have a null for it. */
  private void send(ObjectNode chunk) {
    if (includesUsage) {
      chunk.putNull("usage");
    }
    sink.send(new StreamEvent("", chunk.toString()));
  }
}
