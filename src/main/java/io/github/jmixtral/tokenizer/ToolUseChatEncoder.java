package io.github.jmixtral.tokenizer;

import java.util.List;

/**
 * Encodes conversations with tools by a template of their own.
 *
 * @param usual for conversations without tools
 * @param toolUse for conversations with tools
 */
record ToolUseChatEncoder(ChatEncoder usual, ChatEncoder toolUse) implements ChatEncoder {
  @Override
  public ChatFormat format() {
    return usual.format();
  }

  @Override
  public void encode(List<ChatMessage> messages, List<Tool> tools, IdBuffer out) {
    (tools.isEmpty() ? usual : toolUse).encode(messages, tools, out);
  }
}
