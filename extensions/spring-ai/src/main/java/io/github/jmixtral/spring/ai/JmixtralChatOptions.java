package io.github.jmixtral.spring.ai;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.generation.ToolChoice;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.DefaultToolCallingChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;

/**
 * Options of a chat: those of Spring AI, and what the library has beyond them. Immutable.
 *
 * <pre>{@code
 * JmixtralChatOptions.builder()
 *     .maxTokens(200)
 *     .temperature(0.7)
 *     .generationConfig(config -> config.withSeed(42).withMinP(0.05))
 *     .build()
 * }</pre>
 *
 * <p>What is unset is inherited from the model. A temperature of 0 takes the likeliest token, any
 * other one samples; so do top-k and top-p without a temperature.
 *
 * @since 0.1.0
 */
public final class JmixtralChatOptions extends DefaultToolCallingChatOptions
    implements StructuredOutputChatOptions {
  private final GenerationConfig generationConfig;
  private final @Nullable String outputSchema;
  private final @Nullable Constraint constraint;
  private final @Nullable ToolChoice toolChoice;

  private JmixtralChatOptions(ToolCallingChatOptions portable, Builder builder) {
    super(
        portable.getToolCallbacks(),
        portable.getToolContext(),
        portable.getModel(),
        portable.getFrequencyPenalty(),
        portable.getMaxTokens(),
        portable.getPresencePenalty(),
        portable.getStopSequences(),
        portable.getTemperature(),
        portable.getTopK(),
        portable.getTopP());
    generationConfig = builder.generationConfig;
    outputSchema = builder.outputSchema;
    constraint = builder.constraint;
    toolChoice = builder.toolChoice;
  }

  /** A builder with nothing set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Settings of the library that Spring AI has no options for; its own options prevail. */
  public GenerationConfig getGenerationConfig() {
    return generationConfig;
  }

  /** The JSON Schema that the answer fits, as JSON text, or null. */
  @Override
  public @Nullable String getOutputSchema() {
    return outputSchema;
  }

  /** What the text of the answer fits, or null. */
  public @Nullable Constraint getConstraint() {
    return constraint;
  }

  /** Whether the model may, must or must not call tools; null for as it chooses. */
  public @Nullable ToolChoice getToolChoice() {
    return toolChoice;
  }

  @Override
  public Builder mutate() {
    return builder()
        .model(getModel())
        .frequencyPenalty(getFrequencyPenalty())
        .maxTokens(getMaxTokens())
        .presencePenalty(getPresencePenalty())
        .stopSequences(getStopSequences())
        .temperature(getTemperature())
        .topK(getTopK())
        .topP(getTopP())
        .toolCallbacks(getToolCallbacks())
        .toolContext(getToolContext())
        .generationConfig(generationConfig)
        .outputSchema(outputSchema)
        .constraint(constraint)
        .toolChoice(toolChoice);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JmixtralChatOptions that
        && super.equals(other)
        && generationConfig.equals(that.generationConfig)
        && Objects.equals(outputSchema, that.outputSchema)
        && Objects.equals(constraint, that.constraint)
        && Objects.equals(toolChoice, that.toolChoice);
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), generationConfig, outputSchema, constraint, toolChoice);
  }

  @Override
  public String toString() {
    return "JmixtralChatOptions[model=%s, maxTokens=%s, temperature=%s, topK=%s, topP=%s, frequencyPenalty=%s, presencePenalty=%s, stopSequences=%s, generationConfig=%s, outputSchema=%s, constraint=%s, toolChoice=%s]"
        .formatted(
            getModel(),
            getMaxTokens(),
            getTemperature(),
            getTopK(),
            getTopP(),
            getFrequencyPenalty(),
            getPresencePenalty(),
            getStopSequences(),
            generationConfig,
            outputSchema,
            constraint,
            toolChoice);
  }

  /** Builds options. */
  public static final class Builder extends DefaultToolCallingChatOptions.Builder<Builder>
      implements StructuredOutputChatOptions.Builder<Builder> {
    private GenerationConfig generationConfig = GenerationConfig.inherit();
    private @Nullable String outputSchema;
    private @Nullable Constraint constraint;
    private @Nullable ToolChoice toolChoice;

    private Builder() {}

    /** With these settings of the library in place of others. */
    public Builder generationConfig(GenerationConfig generationConfig) {
      this.generationConfig = Objects.requireNonNull(generationConfig, "generationConfig");
      return this;
    }

    /** With changed settings of the library: {@code config -> config.withSeed(42)}. */
    public Builder generationConfig(UnaryOperator<GenerationConfig> change) {
      return generationConfig(change.apply(generationConfig));
    }

    /**
     * With a JSON Schema that the answer fits, as JSON text; null for none. It takes the place of
     * any constraint.
     */
    @Override
    public Builder outputSchema(@Nullable String outputSchema) {
      this.outputSchema = outputSchema;
      return this;
    }

    /** With what the text of the answer fits; null for nothing in particular. */
    public Builder constraint(@Nullable Constraint constraint) {
      this.constraint = constraint;
      return this;
    }

    /** With a tool choice; null for as the model chooses. */
    public Builder toolChoice(@Nullable ToolChoice toolChoice) {
      this.toolChoice = toolChoice;
      return this;
    }

    /** With what another builder sets over what this one does. */
    @Override
    public Builder combineWith(ChatOptions.Builder<?> other) {
      super.combineWith(other);
      if (other instanceof Builder that) {
        generationConfig = that.generationConfig.over(generationConfig);
        constraint = that.constraint == null ? constraint : that.constraint;
        toolChoice = that.toolChoice == null ? toolChoice : that.toolChoice;
        outputSchema = that.outputSchema == null ? outputSchema : that.outputSchema;
      } else if (other instanceof StructuredOutputChatOptions.Builder<?>
          && other.build() instanceof StructuredOutputChatOptions that
          && that.getOutputSchema() != null) {
        outputSchema = that.getOutputSchema();
      }
      return this;
    }

    @Override
    public JmixtralChatOptions build() {
      return new JmixtralChatOptions(super.build(), this);
    }
  }
}
