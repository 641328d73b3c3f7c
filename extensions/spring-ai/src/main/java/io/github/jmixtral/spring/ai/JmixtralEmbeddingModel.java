package io.github.jmixtral.spring.ai;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.generation.Prompt;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.document.Document;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.observation.DefaultEmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationContext;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationDocumentation;

/**
 * A Mixtral of this process as an embedding model of Spring AI: a text becomes the pooled final
 * hidden states of its tokens, a vector [hidden]. Thread-safe; the texts of one request share the
 * model's passes.
 *
 * @since 0.1.0
 */
public final class JmixtralEmbeddingModel implements EmbeddingModel {
  private static final EmbeddingModelObservationConvention DEFAULT_CONVENTION =
      new DefaultEmbeddingModelObservationConvention();

  private final MixtralForCausalLM model;
  private final String modelName;
  private final JmixtralEmbeddingOptions options;
  private final MetadataMode metadataMode;
  private final ObservationRegistry observationRegistry;
  private final @Nullable EmbeddingModelObservationConvention observationConvention;

  private JmixtralEmbeddingModel(Builder builder) {
    model = builder.model;
    modelName = builder.modelName;
    options = builder.options;
    metadataMode = builder.metadataMode;
    observationRegistry = builder.observationRegistry;
    observationConvention = builder.observationConvention;
  }

  /**
   * A builder.
   *
   * @param model stays the caller's, who closes it
   */
  public static Builder builder(MixtralForCausalLM model) {
    return new Builder(model);
  }

  /**
   * The vectors of texts, in their order.
   *
   * @throws IllegalArgumentException if a text is empty, or an option is not valid
   */
  @Override
  public EmbeddingResponse call(EmbeddingRequest request) {
    JmixtralEmbeddingOptions used = options(request.getOptions());
    EmbeddingRequest asked = new EmbeddingRequest(request.getInstructions(), used);
    EmbeddingModelObservationContext context =
        EmbeddingModelObservationContext.builder()
            .embeddingRequest(asked)
            .provider(JmixtralChatModel.PROVIDER)
            .build();
    return Objects.requireNonNull(
        EmbeddingModelObservationDocumentation.EMBEDDING_MODEL_OPERATION
            .observation(
                observationConvention, DEFAULT_CONVENTION, () -> context, observationRegistry)
            .observe(
                () -> {
                  EmbeddingResponse response = response(asked.getInstructions(), used);
                  context.setResponse(response);
                  return response;
                }));
  }

  /** Options of another type are laid over the model's. */
  private JmixtralEmbeddingOptions options(@Nullable EmbeddingOptions given) {
    JmixtralEmbeddingOptions used = given instanceof JmixtralEmbeddingOptions own ? own : options;
    String asked = given == null || given.getModel() == null ? used.getModel() : given.getModel();
    if (asked != null && !asked.equals(modelName)) {
      throw new IllegalArgumentException(
          "the options ask for the model '%s', but this embedding model is '%s'; leave the model out of the options"
              .formatted(asked, modelName));
    }
    Integer size =
        given == null || given.getDimensions() == null
            ? used.getDimensions()
            : given.getDimensions();
    if (size != null && size != dimensions()) {
      throw new IllegalArgumentException(
          "the options ask for vectors of %d numbers, but this model's have %d and are not cut; leave the dimensions out of the options"
              .formatted(size, dimensions()));
    }
    return JmixtralEmbeddingOptions.builder()
        .model(modelName)
        .dimensions(dimensions())
        .embeddingConfig(used.getEmbeddingConfig())
        .build();
  }

  private EmbeddingResponse response(List<String> texts, JmixtralEmbeddingOptions used) {
    List<Prompt> prompts = new ArrayList<>();
    int length = 0;
    for (int i = 0; i < texts.size(); i++) {
      if (texts.get(i).isEmpty()) {
        throw new IllegalArgumentException("text %d of %d is empty".formatted(i + 1, texts.size()));
      }
      int[] ids = Prompt.text(texts.get(i)).encode(model::tokenizer);
      prompts.add(Prompt.ids(ids));
      length += ids.length;
    }
    float[][] vectors = model.embed(prompts, used.getEmbeddingConfig());
    List<Embedding> embeddings = new ArrayList<>();
    for (int i = 0; i < vectors.length; i++) {
      embeddings.add(new Embedding(vectors[i], i));
    }
    return new EmbeddingResponse(
        embeddings, new EmbeddingResponseMetadata(modelName, new DefaultUsage(length, 0)));
  }

  /** The vector of a document: of its text, and of its metadata as the metadata mode says. */
  @Override
  public float[] embed(Document document) {
    return embed(getEmbeddingContent(document));
  }

  @Override
  public String getEmbeddingContent(Document document) {
    String text = document.getText();
    // Formatted without metadata, a text would begin with two empty lines.
    return metadataMode == MetadataMode.NONE && text != null
        ? text
        : document.getFormattedContent(metadataMode);
  }

  /** The model's hidden size. */
  @Override
  public int dimensions() {
    return model.config().hiddenSize();
  }

  @Override
  public String toString() {
    return "JmixtralEmbeddingModel[" + modelName + "]";
  }

  /** Builds an embedding model. */
  public static final class Builder {
    private final MixtralForCausalLM model;
    private String modelName = "mixtral";
    private JmixtralEmbeddingOptions options = JmixtralEmbeddingOptions.builder().build();
    private MetadataMode metadataMode = MetadataMode.EMBED;
    private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;
    private @Nullable EmbeddingModelObservationConvention observationConvention;

    private Builder(MixtralForCausalLM model) {
      this.model = Objects.requireNonNull(model, "model");
    }

    /** The model's name in responses and observations; {@code mixtral} by default. */
    public Builder modelName(String modelName) {
      this.modelName = Objects.requireNonNull(modelName, "modelName");
      return this;
    }

    /** The options of requests that have none of {@link JmixtralEmbeddingOptions}. */
    public Builder options(JmixtralEmbeddingOptions options) {
      this.options = Objects.requireNonNull(options, "options");
      return this;
    }

    /** Which metadata of a document are embedded with its text; those for embedding by default. */
    public Builder metadataMode(MetadataMode metadataMode) {
      this.metadataMode = Objects.requireNonNull(metadataMode, "metadataMode");
      return this;
    }

    /** Hears of every request; by default nothing does. */
    public Builder observationRegistry(ObservationRegistry observationRegistry) {
      this.observationRegistry = Objects.requireNonNull(observationRegistry, "observationRegistry");
      return this;
    }

    /** Names what is observed; null for Spring AI's own names. */
    public Builder observationConvention(@Nullable EmbeddingModelObservationConvention convention) {
      this.observationConvention = convention;
      return this;
    }

    /** The embedding model. */
    public JmixtralEmbeddingModel build() {
      return new JmixtralEmbeddingModel(this);
    }
  }
}
