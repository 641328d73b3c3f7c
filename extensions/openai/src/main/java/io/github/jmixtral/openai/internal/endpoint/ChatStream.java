package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.openai.internal.task.TextListener;
import io.github.jmixtral.openai.internal.task.Usage;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns tokens into the chunks of a streamed chat completion, as they come. */
final class ChatStream implements TextListener {
  private final ChatJson json;
  private final ChunkSink sink;
  private final Map<Integer, Choice> choices = new HashMap<>();

  /** What was sent of a choice. */
  private static final class Choice {
    final Steps steps;
    final List<String> callIds = new ArrayList<>();

    Choice(Steps steps) {
      this.steps = steps;
    }
  }

  ChatStream(ChatJson json, ChunkSink sink) {
    this.json = json;
    this.sink = sink;
  }

  @Override
  public void onToken(int text, GeneratedToken token) {
    Choice choice = choices.get(text);
    if (choice == null) {
      choice = new Choice(new Steps(json.tokenizer(), false));
      choices.put(text, choice);
      sink.send(json.role(text));
    }
    token.logProbabilities().ifPresent(choice.steps::add);
    if (!token.text().isEmpty()) {
      sink.send(json.text(text, token.text(), choice.steps.upTo(token.text())));
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
      sink.send(json.callBegins(text, place, part));
    }
    if (!part.arguments().isEmpty()) {
      sink.send(json.arguments(text, place, part.arguments()));
    }
  }

  /** Sends what comes behind the last token. */
  void finish(List<Generation> answers, Usage usage) {
    for (int i = 0; i < answers.size(); i++) {
      Choice choice = choices.get(i);
      List<StepLogProbabilities> rest =
          choice == null ? List.of() : choice.steps.rest(answers.get(i));
      if (!rest.isEmpty()) {
        sink.send(json.text(i, "", rest));
      }
      sink.send(json.finish(i, answers.get(i)));
    }
    sink.end(json.usage(usage));
  }
}
