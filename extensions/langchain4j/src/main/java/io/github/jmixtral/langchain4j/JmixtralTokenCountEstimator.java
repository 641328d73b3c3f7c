package io.github.jmixtral.langchain4j;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.TokenCountEstimator;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Counts tokens with the model's own tokenizer, for splitters and chat memories. Thread-safe.
 *
 * @since 0.1.0
 */
public final class JmixtralTokenCountEstimator implements TokenCountEstimator {
  private final Tokenizer tokenizer;

  /** An estimator with a model's tokenizer. */
  public JmixtralTokenCountEstimator(Tokenizer tokenizer) {
    this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
  }

  /** The tokens of a text, without a beginning of a sequence. */
  @Override
  public int estimateTokenCountInText(String text) {
    return tokenizer.encodePlain(text).length;
  }

  /** The tokens of a message's texts and calls, without what the chat format adds around them. */
  @Override
  public int estimateTokenCountInMessage(ChatMessage message) {
    return Conversation.texts(message).mapToInt(this::estimateTokenCountInText).sum();
  }

  /**
   * The tokens of a conversation, exactly where it is one that the model's chat format has, and
   * otherwise the sum of its messages.
   */
  @Override
  public int estimateTokenCountInMessages(Iterable<ChatMessage> messages) {
    List<ChatMessage> list = new ArrayList<>();
    messages.forEach(list::add);
    try {
      return Conversation.prompt(list, List.of(), tokenizer).encode(() -> tokenizer).length;
    } catch (IllegalArgumentException _) {
      return list.stream().mapToInt(this::estimateTokenCountInMessage).sum();
    }
  }
}
