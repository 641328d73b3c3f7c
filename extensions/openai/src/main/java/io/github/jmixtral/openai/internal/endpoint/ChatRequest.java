package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.config.GenerationConfig;
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
import io.github.jmixtral.openai.internal.task.ChatTask;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.Messages;
import io.github.jmixtral.openai.internal.task.OutputFormat;
import io.github.jmixtral.openai.internal.task.Settings;
import io.github.jmixtral.openai.internal.task.TextTask;
import io.github.jmixtral.openai.internal.task.TokenLimit;
import io.github.jmixtral.openai.internal.task.ToolOffer;
import io.github.jmixtral.openai.internal.task.Usage;
import java.util.List;
import java.util.OptionalInt;

/** {@code POST /v1/chat/completions}. */
public final class ChatRequest implements ApiRequest {
  private static final int MOST_CHOICES = 128;
  private static final int MOST_TOP_LOGPROBS = 20;
  private static final List<String> LIMITS =
      List.of("max_completion_tokens", "max_tokens", "n_predict");

  private final Host host;
  private final TextTask task;
  private final StreamOptions streaming;
  private final boolean logprobs;

  private ChatRequest(Host host, TextTask task, StreamOptions streaming, boolean logprobs) {
    this.host = host;
    this.task = task;
    this.streaming = streaming;
    this.logprobs = logprobs;
  }

  /**
   * Reads a request.
   *
   * @throws ApiException if it is not valid
   */
  public static ChatRequest read(Fields fields, Host host) {
    host.requireNamed(fields);
    ForeignFields.refuseInChat(fields);
    StreamOptions streaming = StreamOptions.read(fields);
    GenerationConfig config = Settings.read(fields, host);
    boolean logprobs = fields.isTrue("logprobs");
    OptionalInt top = fields.integer("top_logprobs", 0, MOST_TOP_LOGPROBS);
    if (top.orElse(0) > 0 && !logprobs) {
      throw Refusal.value(fields.place("top_logprobs"), "needs \"logprobs\": true");
    }
    config = logprobs ? config.withTopLogprobs(top.orElse(0)) : config;
    ToolOffer tools = ToolOffer.read(fields, ToolOffer.Form.NESTED, host.constraints());
    ChatTask task =
        new ChatTask(
            Messages.read(fields),
            tools,
            config,
            TokenLimit.read(fields, LIMITS),
            OutputFormat.read(fields, host.constraints()),
            fields.integer("n", 1, MOST_CHOICES).orElse(1));
    return new ChatRequest(host, task.on(host, "messages"), streaming, logprobs);
  }

  @Override
  public boolean isStreaming() {
    return streaming.isOn();
  }

  @Override
  public ApiAnswer answer(Stamp stamp, CancellationHandle cancellation) {
    List<Generation> answers = task.run(cancellation);
    ChatJson json = new ChatJson(host, stamp, logprobs);
    return new ApiAnswer(json.answer(answers, Usage.of(answers, task.count())), answers);
  }

  @Override
  public List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation) {
    ChatJson json = new ChatJson(host, stamp, logprobs);
    ChatStream stream = new ChatStream(json, new ChunkSink(sink, streaming.includesUsage()));
    List<Generation> answers = task.run(cancellation, stream);
    stream.finish(answers, Usage.of(answers, task.count()));
    return answers;
  }

  @Override
  public StreamEvent failure(ApiError error, int sent) {
    return ChunkSink.failure(error);
  }
}
