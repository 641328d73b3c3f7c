package io.github.jmixtral.internal.chat;

import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.ChatMessage.Role;
import io.github.jmixtral.tokenizer.ToolCall;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The ids of calls as Mistral's models know them, nine letters or digits. Programs invent others,
 * such as {@code call_8d6fb2a0}: the model sees nine letters or digits that depend on them alone,
 * so that a call and its result go on belonging together, and the same from turn to turn.
 */
public final class CallIds {
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9]{9}");
  private static final int LENGTH = 9;
  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private CallIds() {}

  /** Messages whose ids the model can take; those that have such ids already are left alone. */
  public static List<ChatMessage> forModel(List<ChatMessage> messages) {
    return messages.stream().map(CallIds::forModel).toList();
  }

  private static ChatMessage forModel(ChatMessage message) {
    if (message.role() == Role.TOOL) {
      String id = message.toolCallId().orElseThrow();
      ChatMessage result =
          ChatMessage.toolResult(forModel(id), message.parts().toArray(new String[0]));
      return message.name().map(result::withName).orElse(result);
    }
    return message.toolCalls().isEmpty()
        ? message
        : message.withToolCalls(
            message.toolCalls().stream()
                .map(call -> ToolCall.of(forModel(call.id()), call.name(), call.arguments()))
                .toList());
  }

  private static String forModel(String id) {
    // An empty id is none, and refused as such.
    return id.isEmpty() || ID.matcher(id).matches() ? id : of(id);
  }

  /** Nine letters or digits that depend on a text. */
  static String of(String text) {
    byte[] digest;
    try {
      digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    StringBuilder id = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      int bits = (digest[2 * i] & 0xFF) << 8 | digest[2 * i + 1] & 0xFF;
      id.append(ALPHABET.charAt(bits % ALPHABET.length()));
    }
    return id.toString();
  }
}
