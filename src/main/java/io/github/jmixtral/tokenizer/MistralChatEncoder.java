package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import io.github.jmixtral.tokenizer.ChatMessage.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Mistral's own formats, made of ids and not of one long string: each text is encoded by itself, as
 * in training.
 *
 * @param control the control ids around a user's text; without them it is version 1
 */
record MistralChatEncoder(
    TextEncoder encoder, OptionalInt bosId, OptionalInt eosId, Optional<ControlIds> control)
    implements ChatEncoder {
  private static final String BLANK_LINE = "\n\n";

  /** The ids of {@code [INST]} and {@code [/INST]}. */
  record ControlIds(int begin, int end) {}

  @Override
  public ChatFormat format() {
    return control.isPresent() ? ChatFormat.MISTRAL_V3 : ChatFormat.MISTRAL_V1;
  }

  @Override
  public void encode(List<ChatMessage> messages, IdBuffer out) {
    int bos = required(bosId, "bos_token");
    int eos = required(eosId, "eos_token");
    List<ChatMessage> turns = turns(messages);
    out.add(bos);
    for (ChatMessage turn : turns) {
      if (turn.role() == Role.USER) {
        encodeUser(turn.content(), out);
      } else {
        encodeAssistant(turn.content(), out);
        out.add(eos);
      }
    }
  }

  private static int required(OptionalInt id, String name) {
    return id.orElseThrow(
        () ->
            new UnsupportedCheckpointException(
                "tokenizer: " + name, "one, for chat with [INST]", "none"));
  }

  private void encodeUser(String text, IdBuffer out) {
    if (control.isPresent()) {
      out.add(control.get().begin());
      encoder.encodePlain(text, out);
      out.add(control.get().end());
    } else {
      encoder.encodePlain("[INST] " + text + " [/INST]", out);
    }
  }

  private void encodeAssistant(String text, IdBuffer out) {
    encoder.encodePlain(control.isPresent() ? withoutTrailingSpaces(text) : text, out);
  }

  private static String withoutTrailingSpaces(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == ' ') {
      end--;
    }
    return text.substring(0, end);
  }

  /** The conversation as user and assistant taking turns, system text put into a user's. */
  private List<ChatMessage> turns(List<ChatMessage> messages) {
    int first = 0;
    while (first < messages.size() && messages.get(first).role() == Role.SYSTEM) {
      first++;
    }
    for (int i = first; i < messages.size(); i++) {
      Role expected = (i - first) % 2 == 0 ? Role.USER : Role.ASSISTANT;
      Role found = messages.get(i).role();
      if (found != expected) {
        throw new IllegalArgumentException(
            "messages[%d]: expected %s (after system text, user and assistant take turns), found %s"
                .formatted(i, expected.templateName(), found.templateName()));
      }
    }
    List<ChatMessage> turns = new ArrayList<>(messages.subList(first, messages.size()));
    if (turns.isEmpty()) {
      throw new IllegalArgumentException("messages: expected a user's message, found none");
    }
    if (first > 0) {
      List<String> texts =
          new ArrayList<>(messages.subList(0, first).stream().map(ChatMessage::content).toList());
      int lastUser = (turns.size() - 1) / 2 * 2;
      int target = control.isPresent() ? lastUser : 0;
      texts.add(turns.get(target).content());
      turns.set(target, ChatMessage.user(String.join(BLANK_LINE, texts)));
    }
    return turns;
  }
}
