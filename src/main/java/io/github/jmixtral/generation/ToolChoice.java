package io.github.jmixtral.generation;

import java.util.Objects;
import java.util.Optional;

/**
 * Whether the model may, must or must not call tools. With a choice, what it calls fits the tools'
 * schemas: names, arguments and the form of calls, and they end in time. Immutable.
 *
 * @since 0.1.0
 */
public final class ToolChoice {
  private static final ToolChoice AUTO = new ToolChoice(true, false, Optional.empty());
  private static final ToolChoice NONE = new ToolChoice(false, false, Optional.empty());
  private static final ToolChoice REQUIRED = new ToolChoice(true, true, Optional.empty());

  private final boolean allowed;
  private final boolean required;
  private final Optional<String> toolName;

  private ToolChoice(boolean allowed, boolean required, Optional<String> toolName) {
    this.allowed = allowed;
    this.required = required;
    this.toolName = toolName;
  }

  /** The model answers with a text or calls tools, as it chooses. */
  public static ToolChoice auto() {
    return AUTO;
  }

  /** The model calls no tool. */
  public static ToolChoice none() {
    return NONE;
  }

  /** The model calls one tool or several. */
  public static ToolChoice required() {
    return REQUIRED;
  }

  /** The model calls this tool, once. */
  public static ToolChoice tool(String name) {
    return new ToolChoice(true, true, Optional.of(name));
  }

  /** Whether calls are allowed. */
  public boolean isAllowed() {
    return allowed;
  }

  /** Whether the answer must consist of calls. */
  public boolean isRequired() {
    return required;
  }

  /** The only tool that may be called, if there is one. */
  public Optional<String> toolName() {
    return toolName;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ToolChoice that
        && allowed == that.allowed
        && required == that.required
        && toolName.equals(that.toolName);
  }

  @Override
  public int hashCode() {
    return Objects.hash(allowed, required, toolName);
  }

  @Override
  public String toString() {
    String kind = required ? "required" : allowed ? "auto" : "none";
    return "ToolChoice[" + toolName.orElse(kind) + "]";
  }
}
