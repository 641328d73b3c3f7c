package io.github.jmixtral.generation;

import io.github.jmixtral.internal.chat.CallIds;
import io.github.jmixtral.tokenizer.ChatFormat;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a model continues: a text, token ids or a conversation. Immutable.
 *
 * <pre>{@code
 * Prompt.text("Once upon a time")
 * Prompt.ids(1, 419, 621)
 * Prompt.chat(ChatMessage.system("Answer briefly."), ChatMessage.user("What is 3 plus 4?"))
 * }</pre>
 *
 * @since 0.1.0
 */
public final class Prompt {
  /** Null unless the prompt is a text. */
  private final @Nullable String text;

  /** Null unless the prompt consists of ids. */
  private final int @Nullable [] ids;

  /** Null unless the prompt is a conversation. */
  private final @Nullable List<ChatMessage> messages;

  private final List<Tool> tools;

  private Prompt(
      @Nullable String text,
      int @Nullable [] ids,
      @Nullable List<ChatMessage> messages,
      List<Tool> tools) {
    this.text = text;
    this.ids = ids;
    this.messages = messages;
    this.tools = tools;
  }

  /**
   * A text. It is encoded with the special tokens that the tokenizer adds to texts, as a rule BOS.
   */
  public static Prompt text(String text) {
    return new Prompt(Objects.requireNonNull(text, "text"), null, null, List.of());
  }

  /** A prompt for each text, for batches. */
  public static List<Prompt> texts(String... texts) {
    Objects.requireNonNull(texts, "texts");
    return Arrays.stream(texts).map(Prompt::text).toList();
  }

  /** Token ids, used as they are: nothing is added, except that an empty prompt becomes BOS. */
  public static Prompt ids(int... ids) {
    Objects.requireNonNull(ids, "ids");
    return new Prompt(null, ids.clone(), null, List.of());
  }

  /**
   * A row of a padded batch, as the reference takes it. Padding may stand anywhere: it is left out,
   * and positions count from the first id that remains.
   *
   * @param ids ids and padding
   * @param attentionMask for each of them 1, or 0 for padding
   * @throws IllegalArgumentException if the lengths differ, or the mask holds another number
   */
  public static Prompt padded(int[] ids, int[] attentionMask) {
    Objects.requireNonNull(ids, "ids");
    Objects.requireNonNull(attentionMask, "attentionMask");
    if (ids.length != attentionMask.length) {
      throw new IllegalArgumentException(
          "attentionMask has %d numbers, but there are %d ids"
              .formatted(attentionMask.length, ids.length));
    }
    int[] kept = new int[ids.length];
    int length = 0;
    for (int column = 0; column < ids.length; column++) {
      switch (attentionMask[column]) {
        case 0 -> {}
        case 1 -> kept[length++] = ids[column];
        default ->
            throw new IllegalArgumentException(
                "attentionMask[%d] is %d, but must be 0 or 1"
                    .formatted(column, attentionMask[column]));
      }
    }
    return new Prompt(null, Arrays.copyOf(kept, length), null, List.of());
  }

  /** A conversation; see {@link #chat(List)}. */
  public static Prompt chat(ChatMessage... messages) {
    Objects.requireNonNull(messages, "messages");
    return chat(List.of(messages));
  }

  /**
   * A conversation, to be answered by the assistant. The messages are encoded as the model was
   * trained on them; text in a message never becomes a control token.
   */
  public static Prompt chat(List<ChatMessage> messages) {
    return chat(messages, List.of());
  }

  /**
   * A conversation in which the model may call tools. Ids of calls that the model's chat format
   * does not take, such as {@code call_8d6fb2a0}, become nine letters or digits in the prompt.
   */
  public static Prompt chat(List<ChatMessage> messages, List<Tool> tools) {
    Objects.requireNonNull(messages, "messages");
    Objects.requireNonNull(tools, "tools");
    return new Prompt(null, null, List.copyOf(messages), List.copyOf(tools));
  }

  /** Whether the prompt is a conversation. */
  public boolean isChat() {
    return messages != null;
  }

  /** The messages of a conversation; empty for other prompts. */
  public List<ChatMessage> messages() {
    return messages == null ? List.of() : messages;
  }

  /** The tools that the model may call. */
  public List<Tool> tools() {
    return tools;
  }

  /**
   * The ids that a model computes for this prompt; none for an empty list of ids.
   *
   * @param tokenizer asked unless the prompt consists of ids
   * @throws IllegalArgumentException if the chat format of the model does not allow the messages
   */
  public int[] encode(Supplier<Tokenizer> tokenizer) {
    Objects.requireNonNull(tokenizer, "tokenizer");
    if (ids != null) {
      return ids.clone();
    }
    if (messages != null) {
      return encodeChat(messages, tokenizer.get());
    }
    return tokenizer.get().encode(Objects.requireNonNull(text), true);
  }

  private int[] encodeChat(List<ChatMessage> messages, Tokenizer tokenizer) {
    boolean asTheyAre = tokenizer.chatFormat() == ChatFormat.TEMPLATE;
    return tokenizer.encodeChat(asTheyAre ? messages : CallIds.forModel(messages), tools);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Prompt that
        && Objects.equals(text, that.text)
        && Arrays.equals(ids, that.ids)
        && Objects.equals(messages, that.messages)
        && tools.equals(that.tools);
  }

  @Override
  public int hashCode() {
    return Objects.hash(text, Arrays.hashCode(ids), messages, tools);
  }

  @Override
  public String toString() {
    if (isChat()) {
      return "Prompt[messages=" + messages + (tools.isEmpty() ? "]" : ", tools=" + tools + "]");
    }
    return ids == null ? "Prompt[text=" + text + "]" : "Prompt[ids=" + Arrays.toString(ids) + "]";
  }
}
