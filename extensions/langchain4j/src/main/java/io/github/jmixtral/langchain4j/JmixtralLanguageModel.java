package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.language.LanguageModel;
import dev.langchain4j.model.output.Response;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.langchain4j.spi.JmixtralLanguageModelBuilderFactory;

/**
 * A Mixtral of this process as a language model of LangChain4j: it continues texts, without a chat
 * format. Thread-safe. It throws what {@link JmixtralChatModel} throws.
 *
 * @since 0.1.0
 */
public final class JmixtralLanguageModel implements LanguageModel, AutoCloseable {
  private final ModelHolder model;
  private final Continuation continuation;

  private JmixtralLanguageModel(Builder builder, ModelHolder model) {
    this.model = model;
    continuation = new Continuation(model, builder.parameters.build());
  }

  /** A builder. */
  public static Builder builder() {
    return ModelBuilder.find(JmixtralLanguageModelBuilderFactory.class, Builder::new);
  }

  /** What follows a text. */
  @Override
  public Response<String> generate(String prompt) {
    Generation generation = Generating.whole(() -> continuation.of(prompt));
    return Continuation.response(generation);
  }

  /** Closes the Mixtral, unless it is the caller's. */
  @Override
  public void close() {
    model.close();
  }

  @Override
  public String toString() {
    return "JmixtralLanguageModel[" + model.name() + "]";
  }

  /** Builds a language model. */
  public static final class Builder extends GenerationBuilder<Builder> {
    /** A builder with nothing set. */
    public Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /** The language model. */
    public JmixtralLanguageModel build() {
      return open(holder -> new JmixtralLanguageModel(this, holder));
    }
  }
}
