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
  private static final ToolChoice AUTO = new ToolChoice(true, false, true, Optional.empty());
  private static final ToolChoice NONE = new ToolChoice(false, false, false, Optional.empty());
  private static final ToolChoice REQUIRED = new ToolChoice(true, true, true, Optional.empty());

  private final boolean allowed;
  private final boolean required;
  private final boolean parallel;
  private final Optional<String> toolName;

  private ToolChoice(
      boolean allowed, boolean required, boolean parallel, Optional<String> toolName) {
    this.allowed = allowed;
    this.required = required;
    this.parallel = parallel;
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

  /** The model calls this tool, once unless {@link #withParallelCalls} allows more. */
  public static ToolChoice tool(String name) {
    return new ToolChoice(true, true, false, Optional.of(name));
  }

  /**
   * The same choice, but whether an answer may hold several calls. Without it, one of {@link #auto}
   * and {@link #required} may, and one of {@link #tool} holds one.
   */
  public ToolChoice withParallelCalls(boolean parallelCalls) {
    return new ToolChoice(allowed, required, allowed && parallelCalls, toolName);
  }

  /** Whether calls are allowed. */
  public boolean isAllowed() {
    return allowed;
  }

  /** Whether the answer must consist of calls. */
  public boolean isRequired() {
    return required;
  }

  /** Whether an answer may hold several calls. */
  public boolean allowsParallelCalls() {
    return parallel;
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
        && parallel == that.parallel
        && toolName.equals(that.toolName);
  }

  @Override
  public int hashCode() {
    return Objects.hash(allowed, required, parallel, toolName);
  }

  @Override
  public String toString() {
    String kind = required ? "required" : allowed ? "auto" : "none";
    boolean usual = parallel == (allowed && toolName.isEmpty());
    String calls = usual ? "" : parallel ? ", several calls" : ", one call";
    return "ToolChoice[" + toolName.orElse(kind) + calls + "]";
  }
}
