package io.github.jmixtral.tokenizer;

import io.github.jmixtral.tokenizer.ChatMessage.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A turn of a conversation as Mistral's formats write it: neighbouring messages of one role are
 * one, and system text stands elsewhere.
 *
 * @param messages at least one, all of one role; a tool's results stay apart
 */
record Turn(List<ChatMessage> messages) {
  private static final String BLANK_LINE = "\n\n";

  /**
   * The turns of a conversation. The first is always the user's, if need be an empty one. System
   * messages make none, and keep apart what stands before and behind them.
   */
  static List<Turn> of(List<ChatMessage> messages) {
    List<Turn> turns = new ArrayList<>();
    Role previous = null;
    for (ChatMessage message : messages) {
      boolean joins = message.role() == Role.USER || message.role() == Role.ASSISTANT;
      if (joins && message.role() == previous) {
        turns.getLast().messages.add(message);
      } else if (message.role() != Role.SYSTEM) {
        turns.add(new Turn(new ArrayList<>(List.of(message))));
      }
      previous = message.role();
    }
    if (turns.isEmpty() || turns.getFirst().role() != Role.USER) {
      turns.addFirst(new Turn(List.of(ChatMessage.user(""))));
    }
    return turns;
  }

  /** The text of all system messages, joined by blank lines; empty if there is none. */
  static String systemText(List<ChatMessage> messages) {
    return messages.stream()
        .filter(message -> message.role() == Role.SYSTEM)
        .filter(message -> !message.parts().equals(List.of("")))
        .map(ChatMessage::content)
        .collect(Collectors.joining(BLANK_LINE));
  }

  Role role() {
    return messages.getFirst().role();
  }

  String text() {
    return messages.stream()
        .map(ChatMessage::content)
        .filter(content -> !content.isEmpty())
        .collect(Collectors.joining(BLANK_LINE));
  }

  List<ToolCall> calls() {
    return messages.stream().flatMap(message -> message.toolCalls().stream()).toList();
  }

  /** Whether the model continues it. */
  boolean isOpen() {
    return messages.getLast().isPrefix();
  }
}
