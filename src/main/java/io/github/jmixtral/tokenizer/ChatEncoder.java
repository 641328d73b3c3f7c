package io.github.jmixtral.tokenizer;

import java.util.List;

/** A conversation to ids. Immutable. */
sealed interface ChatEncoder
    permits FaultyChatEncoder, MistralChatEncoder, TemplateChatEncoder, ToolUseChatEncoder {
  ChatFormat format();

  /**
   * @param tools what the model may call
   * @throws IllegalArgumentException if the format cannot hold this conversation
   */
  void encode(List<ChatMessage> messages, List<Tool> tools, IdBuffer out);
}
