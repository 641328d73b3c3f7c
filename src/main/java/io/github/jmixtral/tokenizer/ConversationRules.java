package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.tokenizer.ChatMessage.Role;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which conversations Mistral's formats hold, as Mistral AI's own library mistral-common checks
 * them before a server answers.
 */
final class ConversationRules {
  private static final Map<Role, Set<Role>> MAY_FOLLOW =
      new EnumMap<>(
          Map.of(
              Role.SYSTEM, EnumSet.of(Role.USER, Role.ASSISTANT, Role.SYSTEM),
              Role.USER, EnumSet.of(Role.ASSISTANT, Role.SYSTEM, Role.USER),
              Role.ASSISTANT, EnumSet.of(Role.ASSISTANT, Role.USER, Role.TOOL),
              Role.TOOL, EnumSet.of(Role.ASSISTANT, Role.TOOL, Role.USER)));

  private static final Map<Role, String> SPOKEN =
      Map.of(
          Role.SYSTEM, "a message of the system",
          Role.USER, "a message of the user",
          Role.ASSISTANT, "a message of the assistant",
          Role.TOOL, "a tool's result");

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
  private static final String NAME_RULE = "must be 1 to 64 letters, digits, '_' and '-', but is ";
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9]{9}");
  private static final String ID_RULE = "must be nine letters or digits, but is ";

  private final List<ChatMessage> messages;
  private final boolean withIds;

  private ConversationRules(List<ChatMessage> messages, boolean withIds) {
    this.messages = messages;
    this.withIds = withIds;
  }

  /**
   * Checks a conversation: first its order, then message by message, then the tools.
   *
   * @param withIds whether calls and results carry ids
   * @throws IllegalArgumentException if it breaks a rule; the message names the place
   */
  static void check(List<ChatMessage> messages, List<Tool> tools, boolean withIds) {
    ConversationRules rules = new ConversationRules(messages, withIds);
    rules.checkEnds();
    rules.checkOrder();
    rules.checkResults();
    for (int i = 0; i < messages.size(); i++) {
      switch (messages.get(i).role()) {
        case SYSTEM, USER -> {}
        case ASSISTANT -> rules.checkAssistant(i);
        case TOOL -> rules.checkResult(i);
      }
    }
    for (int i = 0; i < tools.size(); i++) {
      String place = "tools[" + i + "]";
      SchemaRules.check(place + ".parameters", tools.get(i).parameters());
      checkName(place + ".name", tools.get(i).name());
    }
  }

  private void checkEnds() {
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("messages: a conversation needs at least one message");
    }
    int last = messages.size() - 1;
    Role role = messages.get(last).role();
    if (last == 0 && role != Role.USER && role != Role.SYSTEM) {
      throw refused(0, "a conversation of one message must be the user's or the system's");
    }
    if (role == Role.ASSISTANT && !messages.get(last).isPrefix()) {
      throw refused(
          last,
          "the last message is the assistant's: end with the user's or a tool's, or mark this one"
              + " as a prefix to be continued");
    }
  }

  private void checkOrder() {
    for (int i = 1; i < messages.size(); i++) {
      Role previous = messages.get(i - 1).role();
      Role role = messages.get(i).role();
      if (!Objects.requireNonNull(MAY_FOLLOW.get(previous)).contains(role)) {
        throw refused(i, "%s may not follow %s".formatted(SPOKEN.get(role), SPOKEN.get(previous)));
      }
    }
  }

  /** As many results as calls, before a further message of the assistant and at the end. */
  private void checkResults() {
    int missing = 0;
    for (int i = 1; i < messages.size(); i++) {
      ChatMessage message = messages.get(i);
      if (message.role() == Role.TOOL) {
        missing--;
      } else if (message.role() == Role.ASSISTANT) {
        checkNoneMissing(i, missing);
        missing = message.toolCalls().size();
      }
    }
    if (missing != 0) {
      throw new IllegalArgumentException(
          "messages: every call of a tool needs one result, and at the end "
              + (missing > 0 ? missing + " more are needed" : -missing + " are too many"));
    }
  }

  private static void checkNoneMissing(int index, int missing) {
    if (missing != 0) {
      throw refused(
          index,
          "every call of a tool needs one result before it, and "
              + (missing > 0 ? missing + " more are needed" : -missing + " are too many"));
    }
  }

  private void checkAssistant(int index) {
    ChatMessage message = messages.get(index);
    boolean hasText = !message.content().isEmpty();
    if (hasText != message.toolCalls().isEmpty()) {
      throw refused(
          index,
          "a message of the assistant needs either a text or calls of tools, and this has "
              + (hasText ? "both" : "neither"));
    }
    for (int i = 0; i < message.toolCalls().size(); i++) {
      ToolCall call = message.toolCalls().get(i);
      String place = "messages[" + index + "].tool_calls[" + i + "]";
      if (withIds) {
        checkId(place + ".id", call.id());
      }
      checkName(place + ".name", call.name());
    }
    if (message.isPrefix() && index < messages.size() - 1) {
      throw refused(index, "a prefix to be continued must be the last message");
    }
  }

  private void checkResult(int index) {
    ChatMessage message = messages.get(index);
    String place = "messages[" + index + "]";
    message.name().ifPresent(name -> checkName(place + ".name", name));
    if (withIds) {
      checkId(place + ".tool_call_id", message.toolCallId().orElse(""));
    }
  }

  private static void checkName(String place, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(place + ": " + NAME_RULE + Excerpt.quote(name));
    }
  }

  private static void checkId(String place, String id) {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException(place + ": " + ID_RULE + Excerpt.quote(id));
    }
  }

  private static IllegalArgumentException refused(int index, String rule) {
    return new IllegalArgumentException("messages[" + index + "]: " + rule);
  }
}
