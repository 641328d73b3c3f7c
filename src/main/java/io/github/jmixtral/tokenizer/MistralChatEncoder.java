package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.PythonJson;
import io.github.jmixtral.tokenizer.ChatMessage.Role;
import java.util.List;
import java.util.function.Predicate;

/**
 * Mistral's own formats, made of ids and not of one long string: each text is encoded by itself, as
 * in training. They give the ids of Mistral AI's library mistral-common.
 *
 * @param format one of Mistral's
 */
record MistralChatEncoder(TextEncoder encoder, ControlIds controls, ChatFormat format)
    implements ChatEncoder {
  private static final String BLANK_LINE = "\n\n";

  @Override
  public void encode(List<ChatMessage> messages, List<Tool> tools, IdBuffer out) {
    ConversationRules.check(messages, tools, format == ChatFormat.MISTRAL_V3);
    checkTools(messages, tools);
    List<Turn> turns = Turn.of(messages);
    int firstUser = index(turns, turn -> turn.role() == Role.USER, false);
    int lastUser = index(turns, turn -> turn.role() == Role.USER, true);
    int userOfSystem = format == ChatFormat.MISTRAL_V1 ? firstUser : lastUser;
    controls.eos(); // without it an answer could not end
    out.add(controls.bos());
    for (int i = 0; i < turns.size(); i++) {
      Turn turn = turns.get(i);
      boolean forgotten = format == ChatFormat.MISTRAL_V2 && i < lastUser;
      switch (turn.role()) {
        case USER -> {
          String system = i == userOfSystem ? Turn.systemText(messages) : "";
          String text = system.isEmpty() ? turn.text() : system + BLANK_LINE + turn.text();
          encodeUser(text, i == lastUser ? tools : List.of(), out);
        }
        case ASSISTANT -> {
          if (turn.calls().isEmpty() || !forgotten) {
            encodeAssistant(turn, out);
          }
        }
        case TOOL -> {
          if (!forgotten) {
            encodeResult(turn.messages().getFirst(), out);
          }
        }
        case SYSTEM -> throw new AssertionError("system messages make no turn");
      }
    }
  }

  /** Version 1 knows none. */
  private void checkTools(List<ChatMessage> messages, List<Tool> tools) {
    boolean anyCall =
        messages.stream()
            .anyMatch(message -> message.role() == Role.TOOL || !message.toolCalls().isEmpty());
    if (format == ChatFormat.MISTRAL_V1 && (anyCall || !tools.isEmpty())) {
      throw new IllegalArgumentException(
          (anyCall ? "messages" : "tools")
              + ": the model's chat format (Mistral's version 1) has no tools;"
              + " Mixtral-8x22B-Instruct has them");
    }
  }

  private static int index(List<Turn> turns, Predicate<Turn> predicate, boolean last) {
    List<Turn> ordered = last ? turns.reversed() : turns;
    int index = 0;
    while (!predicate.test(ordered.get(index))) {
      index++;
    }
    return last ? turns.size() - 1 - index : index;
  }

  private void encodeUser(String text, List<Tool> tools, IdBuffer out) {
    if (format == ChatFormat.MISTRAL_V1) {
      encodeText("[INST] " + text + " [/INST]", out);
      return;
    }
    if (!tools.isEmpty()) {
      out.add(controls.of("[AVAILABLE_TOOLS]"));
      encodeText(PythonJson.write(tools.stream().map(ToolJson::tool).toList()), out);
      out.add(controls.of("[/AVAILABLE_TOOLS]"));
    }
    out.add(controls.of("[INST]"));
    encodeText(text, out);
    out.add(controls.of("[/INST]"));
  }

  private void encodeAssistant(Turn turn, IdBuffer out) {
    List<ToolCall> calls = turn.calls();
    if (!calls.isEmpty() && !turn.text().isEmpty()) {
      throw new IllegalArgumentException(
          "messages: neighbouring messages of the assistant are one, and this one would have both a"
              + " text and calls of tools");
    }
    if (calls.isEmpty()) {
      boolean keepsSpaces = format == ChatFormat.MISTRAL_V1;
      encodeText(keepsSpaces ? turn.text() : withoutTrailingSpaces(turn.text()), out);
    } else {
      boolean withId = format == ChatFormat.MISTRAL_V3;
      out.add(controls.of("[TOOL_CALLS]"));
      encodeText(
          PythonJson.write(calls.stream().map(call -> ToolJson.call(call, withId)).toList()), out);
    }
    if (!turn.isOpen()) {
      out.add(controls.eos());
    }
  }

  private void encodeResult(ChatMessage message, IdBuffer out) {
    boolean withId = format == ChatFormat.MISTRAL_V3;
    out.add(controls.of("[TOOL_RESULTS]"));
    encodeText(PythonJson.write(ToolJson.result(message, withId)), out);
    out.add(controls.of("[/TOOL_RESULTS]"));
  }

  private void encodeText(String text, IdBuffer out) {
    UnicodeText.require("messages", text);
    encoder.encodePlain(text, out);
  }

  private static String withoutTrailingSpaces(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == ' ') {
      end--;
    }
    return text.substring(0, end);
  }
}
