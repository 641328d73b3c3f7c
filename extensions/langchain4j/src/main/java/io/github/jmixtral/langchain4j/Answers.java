package io.github.jmixtral.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import java.util.UUID;

/** Makes responses of LangChain4j. */
final class Answers {
  private Answers() {}

  /** A whole answer. */
  static ChatResponse response(Generation generation, String modelName) {
    List<ToolExecutionRequest> requests =
        generation.toolCalls().stream().map(Answers::request).toList();
    String text = generation.text();
    return ChatResponse.builder()
        .aiMessage(
            AiMessage.builder()
                .text(text.isEmpty() && !requests.isEmpty() ? null : text)
                .toolExecutionRequests(requests)
                .build())
        .metadata(
            ChatResponseMetadata.builder()
                .id(UUID.randomUUID().toString())
                .modelName(modelName)
                .tokenUsage(usage(generation))
                .finishReason(finishReason(generation))
                .build())
        .build();
  }

  static ToolExecutionRequest request(ToolCall call) {
    return ToolExecutionRequest.builder()
        .id(call.id())
        .name(call.name())
        .arguments(call.arguments())
        .build();
  }

  static TokenUsage usage(Generation generation) {
    return new TokenUsage(generation.promptTokenCount(), generation.newTokenCount());
  }

  static FinishReason finishReason(Generation generation) {
    return switch (generation.finishReason()) {
      case LENGTH, TIME -> FinishReason.LENGTH;
      case CANCELLED -> FinishReason.OTHER;
      case EOS, STOP_STRING, STOPPING_CRITERIA ->
          generation.toolCalls().isEmpty() ? FinishReason.STOP : FinishReason.TOOL_EXECUTION;
    };
  }
}
