package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.openai.internal.task.TextListener;
import io.github.jmixtral.openai.internal.task.Usage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns tokens into the chunks of a streamed completion, as they come. */
final class CompletionStream implements TextListener {
  private final CompletionJson json;
  private final ChunkSink sink;
  private final Map<Integer, Text> texts = new HashMap<>();

  /** What was sent of a text. */
  private static final class Text {
    final Steps steps;

    /** The prompt, until it is sent. */
    String echo;

    /** What belongs between prompt and text, until it is sent. */
    String space = "";

    boolean begun;
    int length;

    Text(Steps steps, String echo) {
      this.steps = steps;
      this.echo = echo;
    }
  }

  CompletionStream(CompletionJson json, ChunkSink sink) {
    this.json = json;
    this.sink = sink;
  }

  @Override
  public void onToken(int index, GeneratedToken token) {
    Text text =
        texts.computeIfAbsent(
            index,
            any ->
                new Text(
                    new Steps(json.tokenizer(), !json.form().constrained()),
                    json.form().echo(index)));
    if (!text.begun && TokenText.bytes(json.tokenizer(), token.id()).length > 0) {
      text.begun = true;
      text.space =
          json.form().constrained() ? "" : LeadingSpace.droppedFrom(json.tokenizer(), token.id());
    }
    token.logProbabilities().ifPresent(text.steps::add);
    if (!token.text().isEmpty()) {
      String piece = text.echo + text.space + token.text();
      text.echo = "";
      text.space = "";
      send(index, text, piece, text.steps.upTo(piece));
    }
  }

  private void send(int index, Text text, String piece, List<StepLogProbabilities> steps) {
    sink.send(json.text(index, piece, steps, text.length));
    text.length += piece.length();
  }

  /** Sends what comes behind the last token. */
  void finish(List<Generation> generations, Usage usage) {
    for (int i = 0; i < generations.size(); i++) {
      Text text = texts.get(i);
      if (text != null) {
        List<StepLogProbabilities> rest = text.steps.rest(generations.get(i));
        if (!text.echo.isEmpty() || !rest.isEmpty()) {
          send(i, text, text.echo, rest);
        }
      }
      sink.send(json.finish(i, generations.get(i)));
    }
    sink.end(json.usage(usage));
  }
}
