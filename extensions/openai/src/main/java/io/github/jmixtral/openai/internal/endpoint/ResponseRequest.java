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
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.ChatTask;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.InputItems;
import io.github.jmixtral.openai.internal.task.OutputFormat;
import io.github.jmixtral.openai.internal.task.Settings;
import io.github.jmixtral.openai.internal.task.TextTask;
import io.github.jmixtral.openai.internal.task.TokenLimit;
import io.github.jmixtral.openai.internal.task.ToolOffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code POST /v1/responses}, without what a server would have to keep between requests. */
public final class ResponseRequest implements ApiRequest {
  private static final int MOST_TOP_LOGPROBS = 20;
  private static final String LOGPROBS = "message.output_text.logprobs";

  private final Host host;
  private final TextTask task;
  private final boolean streaming;
  private final ResponseForm form;

  private ResponseRequest(Host host, TextTask task, boolean streaming, ResponseForm form) {
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
  public static ResponseRequest read(Fields fields, Host host) {
    host.requireNamed(fields);
    refuseState(fields);
    ForeignFields.refuse(fields);
    GenerationConfig config = Settings.read(fields, host);
    OptionalInt top = fields.integer("top_logprobs", 0, MOST_TOP_LOGPROBS);
    boolean logprobs = fields.texts("include").contains(LOGPROBS);
    config = logprobs ? config.withTopLogprobs(top.orElse(0)) : config;
    ToolOffer tools = ToolOffer.read(fields, ToolOffer.Form.FLAT, host.constraints());
    Optional<Constraint> constraint =
        fields
            .object("text")
            .flatMap(text -> text.object("format"))
            .flatMap(format -> OutputFormat.ofFormat(format, host.constraints()));
    ChatTask task =
        new ChatTask(
            InputItems.read(fields),
            tools,
            config,
            TokenLimit.read(fields, List.of("max_output_tokens")),
            constraint,
            1);
    return new ResponseRequest(
        host, task.on(host, "input"), fields.isTrue("stream"), ResponseForm.read(fields, logprobs));
  }

  /** Refuses what needs a memory, and what would cut the conversation. */
  private static void refuseState(Fields fields) {
    String reason = "is not supported: this server keeps nothing; send the whole conversation";
    fields.refuse("previous_response_id", reason);
    fields.refuse("conversation", reason);
    fields.refuse("prompt", "is not supported: this server keeps no templates");
    fields.refuse("background", "is not supported: this server keeps nothing");
    if (fields.word("truncation", List.of("auto", "disabled")).orElse("").equals("auto")) {
      throw Refusal.unsupported(
          fields.place("truncation"), "must be 'disabled': conversations are never cut");
    }
  }

  @Override
  public boolean isStreaming() {
    return streaming;
  }

  @Override
  public ApiAnswer answer(Stamp stamp, CancellationHandle cancellation) {
    List<Generation> answers = task.run(cancellation);
    ResponseJson json = new ResponseJson(host, stamp, form);
    return new ApiAnswer(json.response(answers.getFirst()), answers);
  }

  @Override
  public List<Generation> stream(Stamp stamp, EventSink sink, CancellationHandle cancellation) {
    ResponseStream stream = new ResponseStream(new ResponseJson(host, stamp, form), sink);
    List<Generation> answers = task.run(cancellation, stream);
    stream.finish(answers.getFirst());
    return answers;
  }

  @Override
  public StreamEvent failure(ApiError error, int sent) {
    return new StreamEvent(
        "error",
        Json.object()
            .put("type", "error")
            .put("code", error.code() == null ? error.type() : error.code())
            .put("message", error.message())
            .put("param", error.param())
            .put("sequence_number", sent)
            .toString());
  }
}
