package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.ToolChoice;
import io.github.jmixtral.internal.chat.AnswerReader;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a prompt's answer may call.
 *
 * @param readsCalls whether calls in the answer are read
 * @param tools what may be called
 * @param choice holds calls to the tools, or null to leave the model free
 */
public record ToolUse(boolean readsCalls, List<Tool> tools, @Nullable ToolChoice choice) {
  /** Of a text: calls are not read. */
  public static final ToolUse NONE = new ToolUse(false, List.of(), null);

  /**
   * Of a conversation.
   *
   * @throws IllegalArgumentException if the choice asks for a tool that is not there
   */
  public static ToolUse inChat(List<Tool> tools, @Nullable ToolChoice choice) {
    if (choice != null && choice.isAllowed() && tools.isEmpty()) {
      throw new IllegalArgumentException(
          "the tool choice is " + choice + ", but the prompt has no tools");
    }
    if (choice != null && choice.toolName().isPresent()) {
      String name = choice.toolName().get();
      List<Tool> named = tools.stream().filter(tool -> tool.name().equals(name)).toList();
      if (named.isEmpty()) {
        throw new IllegalArgumentException(
            "the tool choice names '" + name + "', but the prompt has no such tool");
      }
      return new ToolUse(true, named, choice);
    }
    return new ToolUse(true, tools, choice);
  }

  /** The id behind which an answer is held to the form of calls; empty if none is. */
  OptionalInt heldCallsId(Tokenizer tokenizer) {
    return choice != null && choice.isAllowed()
        ? AnswerReader.toolCallsId(tokenizer)
        : OptionalInt.empty();
  }

  /** What reads an answer; empty where an answer is text alone. */
  Optional<AnswerReader> reader(Optional<Tokenizer> tokenizer, int[] promptIds) {
    return readsCalls
        ? tokenizer.flatMap(present -> AnswerReader.of(present, promptIds))
        : Optional.empty();
  }
}
