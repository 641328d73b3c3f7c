package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationMetrics;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.openai.api.ApiAnswer;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.endpoint.ChatLogprobs;
import io.github.jmixtral.openai.internal.endpoint.Finish;
import io.github.jmixtral.openai.internal.endpoint.LeadingSpace;
import io.github.jmixtral.openai.internal.endpoint.Steps;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.TextTask;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request for one text.
 *
 * @param form where lines have their text
 * @param logprobs whether log probabilities are asked for
 * @param keepsSpace whether the text begins with the space of its first token
 * @param isStreaming whether it is answered line by line
 */
record TextRequest(
    Host host,
    TextTask task,
    TextForm form,
    boolean logprobs,
    boolean keepsSpace,
    boolean isStreaming)
    implements ApiRequest {
  @Override
  public ApiAnswer answer(Stamp stamp, CancellationHandle cancellation) {
    List<Generation> texts = task.run(cancellation);
    Generation text = texts.getFirst();
    boolean hasSpace = keepsSpace && !text.text().isEmpty();
    String space = hasSpace ? LeadingSpace.droppedFrom(host.tokenizer(), text.ids()) : "";
    String shown = space + text.text();
    List<StepLogProbabilities> steps =
        logprobs ? Steps.of(text, shown, host.tokenizer(), keepsSpace) : List.of();
    ObjectNode answer = line(stamp, shown, text.toolCalls(), steps);
    finish(answer, text);
    return new ApiAnswer(answer, texts);
  }

  @Override
  public List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation) {
    Lines lines = new Lines(stamp, sink);
    List<Generation> texts = task.run(cancellation, lines::add);
    lines.finish(texts.getFirst());
    return texts;
  }

  @Override
  public StreamEvent failure(ApiError error, int sent) {
    return OllamaApi.failure(error);
  }

  private ObjectNode line(
      Stamp stamp, String text, List<ToolCall> calls, List<StepLogProbabilities> steps) {
    ObjectNode line = Json.object();
    line.put("model", host.model().name());
    line.put("created_at", stamp.created().toString());
    form.put(line, text, calls);
    if (!steps.isEmpty()) {
      ChatLogprobs.putList(line.putArray("logprobs"), steps, host.tokenizer());
    }
    line.put("done", false);
    return line;
  }

  private static void finish(ObjectNode line, Generation text) {
    GenerationMetrics metrics = text.metrics();
    line.put("done", true);
    line.put("done_reason", Finish.ofText(text));
    line.put("total_duration", metrics.prefillTime().plus(metrics.decodeTime()).toNanos());
    line.put("load_duration", 0);
    line.put("prompt_eval_count", text.promptTokenCount());
    line.put("prompt_eval_duration", metrics.prefillTime().toNanos());
    line.put("eval_count", text.newTokenCount());
    line.put("eval_duration", metrics.decodeTime().toNanos());
  }

  /** Turns tokens into lines, as they come. */
  private final class Lines {
    private final Stamp stamp;
    private final EventSink sink;
    private final Steps steps = new Steps(host.tokenizer(), keepsSpace);
    private String space = "";
    private boolean begun;

    Lines(Stamp stamp, EventSink sink) {
      this.stamp = stamp;
      this.sink = sink;
    }

    void add(int text, GeneratedToken token) {
      if (keepsSpace && !begun && !host.tokenizer().isSpecial(token.id())) {
        begun = true;
        space = LeadingSpace.droppedFrom(host.tokenizer(), token.id());
      }
      token.logProbabilities().ifPresent(steps::add);
      if (!token.text().isEmpty()) {
        String piece = space + token.text();
        space = "";
        send(line(stamp, piece, List.of(), steps.upTo(piece)));
      }
    }

    void finish(Generation text) {
      if (!text.toolCalls().isEmpty()) {
        send(line(stamp, "", text.toolCalls(), List.of()));
      }
      ObjectNode last = line(stamp, "", List.of(), steps.rest(text));
      TextRequest.finish(last, text);
      send(last);
    }

    private void send(ObjectNode line) {
      sink.send(new StreamEvent("", line.toString()));
    }
  }
}
