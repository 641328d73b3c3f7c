package io.github.jmixtral.spring.ai;

import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import java.util.List;
import java.util.UUID;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.metadata.Usage;
import org.springframework.ai.chat.model.ChatResponse;

/** Makes responses of Spring AI, whole ones or the parts of a stream, all with one id. */
final class Answers {
  private final String id = UUID.randomUUID().toString();
  private final String modelName;

  /** Of every part but the last. */
  private final ChatResponseMetadata partMetadata;

  Answers(String modelName) {
    this.modelName = modelName;
    partMetadata = ChatResponseMetadata.builder().id(id).model(modelName).build();
  }

  /** A piece of the text. */
  ChatResponse part(String text) {
    return new ChatResponse(
        List.of(
            new org.springframework.ai.chat.model.Generation(
                AssistantMessage.builder().content(text).build(), ChatGenerationMetadata.NULL)),
        partMetadata);
  }

  /** What comes behind the last piece of the text: calls of tools, and what is known of it all. */
  ChatResponse end(Generation generation) {
    return response("", generation);
  }

  /** The whole answer. */
  ChatResponse whole(Generation generation) {
    return response(generation.text(), generation);
  }

  private ChatResponse response(String text, Generation generation) {
    AssistantMessage message =
        AssistantMessage.builder()
            .content(text)
            .toolCalls(
                generation.toolCalls().stream()
                    .map(
                        call ->
                            new AssistantMessage.ToolCall(
                                call.id(), "function", call.name(), call.arguments()))
                    .toList())
            .build();
    ChatGenerationMetadata.Builder metadata =
        ChatGenerationMetadata.builder().finishReason(finishReason(generation));
    if (!generation.outputs().logProbabilities().isEmpty()) {
      metadata.metadata("logProbabilities", generation.outputs().logProbabilities());
    }
    return new ChatResponse(
        List.of(new org.springframework.ai.chat.model.Generation(message, metadata.build())),
        ChatResponseMetadata.builder().id(id).model(modelName).usage(usage(generation)).build());
  }

  private static Usage usage(Generation generation) {
    int prompt = generation.promptTokenCount();
    int completion = generation.newTokenCount();
    return new DefaultUsage(
        prompt,
        completion,
        prompt + completion,
        generation.metrics(),
        (long) generation.metrics().cachedTokenCount(),
        null);
  }

  private static String finishReason(Generation generation) {
    boolean isCut =
        generation.finishReason() == FinishReason.LENGTH
            || generation.finishReason() == FinishReason.TIME;
    if (isCut) {
      return "LENGTH";
    }
    return generation.toolCalls().isEmpty() ? "STOP" : "TOOL_CALLS";
  }
}
