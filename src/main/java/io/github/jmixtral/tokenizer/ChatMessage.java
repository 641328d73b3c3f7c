package io.github.jmixtral.tokenizer;

import io.github.jmixtral.internal.format.Excerpt;
import java.util.Locale;
import java.util.Objects;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param content what is said, as it is: nothing in it is taken for a control token
 */
public record ChatMessage(Role role, String content) {

  /** Who speaks. */
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
    public String templateName() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The role that chat templates write this way.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Role ofTemplateName(String name) {
      for (Role role : values()) {
        if (role.templateName().equals(name)) {
          return role;
        }
      }
      throw new IllegalArgumentException(
          "role: expected system, user, assistant or tool, found " + Excerpt.quote(name));
    }
  }

  /** Refuses nulls. */
  public ChatMessage {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(content, "content");
  }

  /** A message of the user. */
  public static ChatMessage user(String content) {
    return new ChatMessage(Role.USER, content);
  }

  /** A message of the system. */
  public static ChatMessage system(String content) {
    return new ChatMessage(Role.SYSTEM, content);
  }

  /** A message of the assistant. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage(Role.ASSISTANT, content);
  }
}
