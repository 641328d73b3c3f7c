package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.MalformedFileException;
import java.util.List;

/**
 * What a checkpoint has whose chat template cannot be read: every conversation fails.
 *
 * @param fault why it cannot be read
 */
record FaultyChatEncoder(MalformedFileException fault) implements ChatEncoder {
  @Override
  public ChatFormat format() {
    return ChatFormat.TEMPLATE;
  }

  @Override
  public void encode(List<ChatMessage> messages, List<Tool> tools, IdBuffer out) {
    throw fault;
  }
}
