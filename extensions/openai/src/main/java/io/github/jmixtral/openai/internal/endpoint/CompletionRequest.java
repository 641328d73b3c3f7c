package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiAnswer;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.EventSink;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.OutputFormat;
import io.github.jmixtral.openai.internal.task.Settings;
import io.github.jmixtral.openai.internal.task.TextTask;
import io.github.jmixtral.openai.internal.task.TokenLimit;
import io.github.jmixtral.openai.internal.task.Usage;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code POST /v1/completions}. */
public final class CompletionRequest implements ApiRequest {
  private static final int MOST_CHOICES = 128;
  private static final int MOST_TEXTS = 2048;
  private static final int MOST_LOGPROBS = 5;
  private static final int USUAL_LIMIT = 16;

  private final Host host;
  private final TextTask task;
  private final StreamOptions streaming;
  private final CompletionForm form;

  private CompletionRequest(
      Host host, TextTask task, StreamOptions streaming, CompletionForm form) {
    this.host = host;
    this.task = task;
    this.streaming = streaming;
    this.form = form;
  }

  /**
   * Reads a request.
   *
   * @throws ApiException if it is not valid
   */
  public static CompletionRequest read(Fields fields, Host host) {
    host.requireNamed(fields);
    host.tokenizer(); // answers are texts
    ForeignFields.refuse(fields);
    fields.refuse("suffix", "is not supported: the model continues texts and fills no gaps");
    StreamOptions streaming = StreamOptions.read(fields);
    GenerationConfig config = Settings.read(fields, host);
    OptionalInt logprobs = fields.integer("logprobs", 0, MOST_LOGPROBS);
    config = logprobs.isPresent() ? config.withTopLogprobs(logprobs.getAsInt()) : config;
    int count = fields.integer("n", 1, MOST_CHOICES).orElse(1);
    if (fields.integer("best_of", 1, MOST_CHOICES).orElse(count) != count) {
      throw Refusal.unsupported(
          fields.place("best_of"), "must be equal to n: all texts are returned");
    }
    boolean echo = fields.isTrue("echo");
    if (echo && logprobs.isPresent()) {
      throw Refusal.unsupported(
          fields.place("echo"), "cannot be combined with logprobs: only new tokens have them");
    }
    Optional<Constraint> constraint = OutputFormat.read(fields, host.constraints());
    List<PromptInput> inputs =
        PromptInput.read(fields, "prompt", host.generator().config().vocabSize());
    if (inputs.size() * count > MOST_TEXTS) {
      throw Refusal.value(
          fields.place("n"),
          "is %d for %d prompts, but a request may ask for %d texts at most"
              .formatted(count, inputs.size(), MOST_TEXTS));
    }
    TextTask task =
        TextTask.of(
            host,
            inputs.stream().map(PromptInput::prompt).toList(),
            "prompt",
            count,
            config,
            TokenLimit.read(fields, List.of("max_tokens", "n_predict")).orElse(USUAL_LIMIT),
            request -> constraint.map(request::withConstraint).orElse(request));
    List<String> echoes =
        echo ? inputs.stream().map(input -> text(input, host)).toList() : List.of();
    return new CompletionRequest(
        host,
        task,
        streaming,
        new CompletionForm(echoes, count, logprobs.isPresent(), constraint.isPresent()));
  }

  private static String text(PromptInput input, Host host) {
    return input
        .text()
        .orElseGet(() -> host.tokenizer().decode(input.prompt().encode(host::tokenizer), true));
  }

  @Override
  public boolean isStreaming() {
    return streaming.isOn();
  }

  @Override
  public ApiAnswer answer(Stamp stamp, CancellationHandle cancellation) {
    List<Generation> texts = task.run(cancellation);
    CompletionJson json = new CompletionJson(host, stamp, form);
    return new ApiAnswer(json.answer(texts, Usage.of(texts, task.count())), texts);
  }

  @Override
  public List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation) {
    CompletionJson json = new CompletionJson(host, stamp, form);
    CompletionStream stream =
        new CompletionStream(json, new ChunkSink(sink, streaming.includesUsage()));
    List<Generation> texts = task.run(cancellation, stream);
    stream.finish(texts, Usage.of(texts, task.count()));
    return texts;
  }

  @Override
  public StreamEvent failure(ApiError error, int sent) {
    return ChunkSink.failure(error);
  }
}
