package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import io.github.jmixtral.Session;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Parameters of chats, with those that only Mixtral has. What is null is as in the model's default
 * parameters, and otherwise as the model's own {@code generation_config.json} has it.
 *
 * <pre>{@code
 * ChatRequest request =
 *     ChatRequest.builder()
 *         .messages(UserMessage.from("Is the sky blue?"))
 *         .parameters(
 *             JmixtralChatRequestParameters.builder()
 *                 .constraint(Constraint.oneOf("yes", "no"))
 *                 .build())
 *         .build();
 * }</pre>
 *
 * @since 0.1.0
 */
public final class JmixtralChatRequestParameters extends DefaultChatRequestParameters {
  private final @Nullable Long seed;
  private final @Nullable Double minP;
  private final @Nullable Constraint constraint;
  private final @Nullable Boolean parallelToolCalls;
  private final @Nullable GenerationConfig generationConfig;
  private final @Nullable Session session;

  private JmixtralChatRequestParameters(Builder builder) {
    super(builder);
    seed = builder.seed;
    minP = builder.minP;
    constraint = builder.constraint;
    parallelToolCalls = builder.parallelToolCalls;
    generationConfig = builder.generationConfig;
    session = builder.session;
  }

  /** A builder of parameters that are all null. */
  public static Builder builder() {
    return new Builder();
  }

  /** These parameters, with those of any class that lack some filled up with null. */
  static JmixtralChatRequestParameters of(ChatRequestParameters parameters) {
    return parameters instanceof JmixtralChatRequestParameters own
        ? own
        : builder().overrideWith(parameters).build();
  }

  /** Makes an answer repeatable. */
  @SuppressWarnings("exports")
  public @Nullable Long seed() {
    return seed;
  }

  /** Chooses among tokens that are at least this fraction as likely as the likeliest. */
  @SuppressWarnings("exports")
  public @Nullable Double minP() {
    return minP;
  }

  /** What the text of an answer must fit; a JSON response format prevails over it. */
  @SuppressWarnings("exports")
  public @Nullable Constraint constraint() {
    return constraint;
  }

  /** Whether an answer may call more than one tool; it may by default. */
  @SuppressWarnings("exports")
  public @Nullable Boolean parallelToolCalls() {
    return parallelToolCalls;
  }

  /** Any other setting of the library; the parameters prevail over it. */
  @SuppressWarnings("exports")
  public @Nullable GenerationConfig generationConfig() {
    return generationConfig;
  }

  /**
   * What keeps the keys and values of a conversation from turn to turn. It must be of the same
   * Mixtral, and its messages become those of the request and the answer.
   */
  @SuppressWarnings("exports")
  public @Nullable Session session() {
    return session;
  }

  @Override
  public JmixtralChatRequestParameters overrideWith(ChatRequestParameters that) {
    return builder().overrideWith(this).overrideWith(that).build();
  }

  @Override
  public JmixtralChatRequestParameters defaultedBy(ChatRequestParameters that) {
    return builder().overrideWith(that).overrideWith(this).build();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JmixtralChatRequestParameters that
        && super.equals(that)
        && Objects.equals(seed, that.seed)
        && Objects.equals(minP, that.minP)
        && Objects.equals(constraint, that.constraint)
        && Objects.equals(parallelToolCalls, that.parallelToolCalls)
        && Objects.equals(generationConfig, that.generationConfig)
        && session == that.session;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        super.hashCode(), seed, minP, constraint, parallelToolCalls, generationConfig);
  }

  @Override
  public String toString() {
    return "JmixtralChatRequestParameters[%s, seed=%s, minP=%s, constraint=%s, parallelToolCalls=%s, generationConfig=%s, session=%s]"
        .formatted(
            super.toString(), seed, minP, constraint, parallelToolCalls, generationConfig, session);
  }

  /** Builds parameters. */
  public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {
    private @Nullable Long seed;
    private @Nullable Double minP;
    private @Nullable Constraint constraint;
    private @Nullable Boolean parallelToolCalls;
    private @Nullable GenerationConfig generationConfig;
    private @Nullable Session session;

    private Builder() {}

    /** Takes over what is set in other parameters, of this class or any other. */
    @Override
    public Builder overrideWith(ChatRequestParameters parameters) {
      super.overrideWith(parameters);
      if (parameters instanceof JmixtralChatRequestParameters own) {
        seed = own.seed == null ? seed : own.seed;
        minP = own.minP == null ? minP : own.minP;
        constraint = own.constraint == null ? constraint : own.constraint;
        parallelToolCalls =
            own.parallelToolCalls == null ? parallelToolCalls : own.parallelToolCalls;
        generationConfig = over(own.generationConfig, generationConfig);
        session = own.session == null ? session : own.session;
      }
      return this;
    }

    private static @Nullable GenerationConfig over(
        @Nullable GenerationConfig upper, @Nullable GenerationConfig lower) {
      return upper == null || lower == null ? upper == null ? lower : upper : upper.over(lower);
    }

    /** Makes an answer repeatable. */
    @SuppressWarnings("exports")
    public Builder seed(@Nullable Long seed) {
      this.seed = seed;
      return this;
    }

    /** Chooses among tokens that are at least this fraction as likely as the likeliest. */
    @SuppressWarnings("exports")
    public Builder minP(@Nullable Double minP) {
      this.minP = minP;
      return this;
    }

    /** What the text of an answer must fit. */
    @SuppressWarnings("exports")
    public Builder constraint(@Nullable Constraint constraint) {
      this.constraint = constraint;
      return this;
    }

    /** Whether an answer may call more than one tool. */
    @SuppressWarnings("exports")
    public Builder parallelToolCalls(@Nullable Boolean parallelToolCalls) {
      this.parallelToolCalls = parallelToolCalls;
      return this;
    }

    /** Any other setting of the library. */
    @SuppressWarnings("exports")
    public Builder generationConfig(@Nullable GenerationConfig generationConfig) {
      this.generationConfig = generationConfig;
      return this;
    }

    /** What keeps the keys and values of a conversation from turn to turn. */
    @SuppressWarnings("exports")
    public Builder session(@Nullable Session session) {
      this.session = session;
      return this;
    }

    /** The parameters. */
    @Override
    public JmixtralChatRequestParameters build() {
      return new JmixtralChatRequestParameters(this);
    }
  }
}
