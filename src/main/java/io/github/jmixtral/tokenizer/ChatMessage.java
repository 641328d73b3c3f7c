package io.github.jmixtral.tokenizer;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One message of a conversation. Nothing that it says is taken for a control token. Immutable.
 *
 * <pre>{@code
 * List.of(
 *     ChatMessage.user("How warm is it in Paris?"),
 *     ChatMessage.assistant().withToolCalls(List.of(call)),
 *     ChatMessage.toolResult(call.id(), "{\"celsius\": 21}"))
 * }</pre>
 *
 * @since 0.1.0
 */
public final class ChatMessage {
  private static final String BLANK_LINE = "\n\n";

  /** The one who speaks. */
  public enum Role {
    /** Instructions for the whole conversation. */
    SYSTEM,
    /** The person who asks. */
    USER,
    /** The model. */
    ASSISTANT,
    /** The result of a tool that the model called. */
    TOOL;

    /** The role as chat templates write it: {@code user}. */
    String templateName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Role role;
  private final List<String> parts;
  private final List<ToolCall> toolCalls;
  private final Optional<String> toolCallId;
  private final Optional<String> name;
  private final boolean prefix;

  private ChatMessage(
      Role role,
      List<String> parts,
      List<ToolCall> toolCalls,
      Optional<String> toolCallId,
      Optional<String> name,
      boolean prefix) {
    this.role = role;
    this.parts = List.copyOf(parts);
    this.toolCalls = List.copyOf(toolCalls);
    this.toolCallId = toolCallId;
    this.name = name;
    this.prefix = prefix;
  }

  private static ChatMessage of(Role role, String[] parts, Optional<String> toolCallId) {
    if (parts.length == 0 && role != Role.ASSISTANT) {
      throw new IllegalArgumentException(
          "A message of the " + role.templateName() + " needs a text, which may be empty.");
    }
    return new ChatMessage(role, List.of(parts), List.of(), toolCallId, Optional.empty(), false);
  }

  /**
   * Instructions for the whole conversation.
   *
   * @param parts the text, or several parts of it
   */
  public static ChatMessage system(String... parts) {
    Objects.requireNonNull(parts, "parts");
    return of(Role.SYSTEM, parts, Optional.empty());
  }

  /**
   * A message of the user.
   *
   * @param parts the text, or several parts of it
   */
  public static ChatMessage user(String... parts) {
    Objects.requireNonNull(parts, "parts");
    return of(Role.USER, parts, Optional.empty());
  }

  /**
   * A message of the assistant.
   *
   * @param parts the text, or several parts of it; none for a message that is nothing but calls of
   *     tools
   */
  public static ChatMessage assistant(String... parts) {
    Objects.requireNonNull(parts, "parts");
    return of(Role.ASSISTANT, parts, Optional.empty());
  }

  /**
   * What a tool gave.
   *
   * @param toolCallId the id of the call that it answers
   * @param parts the result, JSON or any other text, or several parts of it
   */
  public static ChatMessage toolResult(String toolCallId, String... parts) {
    Objects.requireNonNull(parts, "parts");
    return of(Role.TOOL, parts, Optional.of(toolCallId));
  }

  /**
   * The same message of the assistant with these calls in place of others.
   *
   * @throws IllegalStateException if the message is not the assistant's
   */
  public ChatMessage withToolCalls(List<ToolCall> calls) {
    Objects.requireNonNull(calls, "calls");
    requireAssistant("calls tools");
    return new ChatMessage(role, parts, calls, toolCallId, name, prefix);
  }

  /** The same message with the name of the one who speaks, or of the tool whose result it is. */
  public ChatMessage withName(String name) {
    return new ChatMessage(role, parts, toolCalls, toolCallId, Optional.of(name), prefix);
  }

  /**
   * The same message of the assistant as the beginning of its answer, which the model continues. It
   * must be the last of its conversation.
   *
   * @throws IllegalStateException if the message is not the assistant's
   */
  public ChatMessage asPrefix() {
    requireAssistant("can be continued");
    return new ChatMessage(role, parts, toolCalls, toolCallId, name, true);
  }

  private void requireAssistant(String action) {
    if (role != Role.ASSISTANT) {
      throw new IllegalStateException(
          "Only a message of the assistant " + action + ", and this one is of role " + role + ".");
    }
  }

  /** The one who speaks. */
  public Role role() {
    return role;
  }

  /** The text: all parts but empty ones, joined by blank lines. */
  public String content() {
    return parts.stream().filter(part -> !part.isEmpty()).collect(Collectors.joining(BLANK_LINE));
  }

  /** The text as it was given, in one part or several; none for nothing but calls. */
  public List<String> parts() {
    return parts;
  }

  /** The calls of tools that the assistant makes here. */
  public List<ToolCall> toolCalls() {
    return toolCalls;
  }

  /** The id of the call that a tool's result answers; empty for every other role. */
  public Optional<String> toolCallId() {
    return toolCallId;
  }

  /** The name of the one who speaks, or of the tool whose result it is. */
  public Optional<String> name() {
    return name;
  }

  /** Whether this is the beginning of an answer, which the model continues. */
  public boolean isPrefix() {
    return prefix;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ChatMessage that
        && role == that.role
        && parts.equals(that.parts)
        && toolCalls.equals(that.toolCalls)
        && toolCallId.equals(that.toolCallId)
        && name.equals(that.name)
        && prefix == that.prefix;
  }

  @Override
  public int hashCode() {
    return Objects.hash(role, parts, toolCalls, toolCallId, name, prefix);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("ChatMessage[role=").append(role);
    text.append(", parts=").append(parts);
    if (!toolCalls.isEmpty()) {
      text.append(", toolCalls=").append(toolCalls);
    }
    toolCallId.ifPresent(id -> text.append(", toolCallId=").append(id));
    name.ifPresent(given -> text.append(", name=").append(given));
    return text.append(prefix ? ", prefix]" : "]").toString();
  }
}
