package io.github.jmixtral.langchain4j;

import static dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils.onCompleteResponse;
import static dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils.onCompleteToolCall;
import static dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils.onPartialResponse;
import static dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils.onPartialToolCall;
import static dev.langchain4j.internal.InternalStreamingChatResponseHandlerUtils.withLoggingExceptions;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.chat.response.PartialToolCall;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import io.github.jmixtral.GenerationRequest;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands one answer to a handler, as it is generated. Its methods are called one after the other.
 * Nothing is handed over once the handler has cancelled.
 */
final class AnswerStream implements StreamingHandle {
  private final StreamingChatResponseHandler handler;
  private final String modelName;
  private final CancellationHandle cancellation = new CancellationHandle();
  private final List<String> callIds = new ArrayList<>();

  /** What waits for more of the arguments, as it says nothing by itself. */
  private String waiting = "";

  AnswerStream(StreamingChatResponseHandler handler, String modelName) {
    this.handler = handler;
    this.modelName = modelName;
  }

  /** The request, with this as its listener and what cancels it. */
  GenerationRequest listeningTo(GenerationRequest request) {
    return request.onToken(this::send).withCancellation(cancellation);
  }

  /** Hands over what a token completed. */
  void send(GeneratedToken token) {
    if (isCancelled()) {
      return;
    }
    onPartialResponse(handler, token.text(), this);
    for (ToolCall part : token.toolCallParts()) {
      if (isCancelled()) {
        return;
      }
      send(part);
    }
  }

  private void send(ToolCall part) {
    int place = callIds.indexOf(part.id());
    if (place < 0) {
      place = callIds.size();
      callIds.add(part.id());
    }
    String arguments = waiting + part.arguments();
    if (arguments.isBlank() || arguments.strip().equals("{")) {
      waiting = arguments;
      return;
    }
    waiting = "";
    onPartialToolCall(
        handler,
        PartialToolCall.builder()
            .index(place)
            .id(part.id())
            .name(part.name())
            .partialArguments(arguments)
            .build(),
        this);
  }

  /** Hands over the end. */
  void end(@Nullable Generation generation, @Nullable Throwable failure) {
    if (isCancelled()) {
      return;
    }
    if (generation == null || generation.finishReason() == FinishReason.CANCELLED) {
      Throwable reason = failure == null ? Failures.cancelled() : failure;
      withLoggingExceptions(() -> handler.onError(reason));
      return;
    }
    ChatResponse response = Answers.response(generation, modelName);
    List<ToolExecutionRequest> requests = response.aiMessage().toolExecutionRequests();
    for (int i = 0; i < requests.size(); i++) {
      onCompleteToolCall(handler, new CompleteToolCall(i, requests.get(i)));
    }
    onCompleteResponse(handler, response);
  }

  @Override
  public void cancel() {
    cancellation.cancel();
  }

  @Override
  public boolean isCancelled() {
    return cancellation.isCancelled();
  }
}
