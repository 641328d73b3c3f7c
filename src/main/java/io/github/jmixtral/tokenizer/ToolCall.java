package io.github.jmixtral.tokenizer;

import java.util.Objects;

/**
 * A call of a tool that the model asks for. Immutable.
 *
 * @since 0.1.0
 */
public final class ToolCall {
  private final String id;
  private final String name;
  private final String arguments;

  private ToolCall(String id, String name, String arguments) {
    this.id = Objects.requireNonNull(id, "id");
    this.name = Objects.requireNonNull(name, "name");
    this.arguments = Objects.requireNonNull(arguments, "arguments");
  }

  /**
   * A call.
   *
   * @param id distinguishes this call from others of the conversation; {@code ""} for none, which
   *     chat templates may take and Mistral's own format refuses
   * @param name the tool's name
   * @param arguments the arguments as JSON text, as a rule an object
   */
  public static ToolCall of(String id, String name, String arguments) {
    return new ToolCall(id, name, arguments);
  }

  /** Distinguishes this call from others; the message with its result repeats it. */
  public String id() {
    return id;
  }

  /** The tool's name. */
  public String name() {
    return name;
  }

  /** The arguments as JSON text. */
  public String arguments() {
    return arguments;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ToolCall that
        && id.equals(that.id)
        && name.equals(that.name)
        && arguments.equals(that.arguments);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, name, arguments);
  }

  @Override
  public String toString() {
    return "ToolCall[id=" + id + ", name=" + name + ", arguments=" + arguments + "]";
  }
}
