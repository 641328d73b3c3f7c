package io.github.jmixtral.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.model.scoring.ScoringModel;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.langchain4j.spi.JmixtralScoringModelBuilderFactory;
import java.util.List;

/**
 * A Mixtral of this process as a scoring model of LangChain4j: the score of a text is its log
 * probability behind a query and a line break. Thread-safe. It throws what {@link
 * JmixtralChatModel} throws.
 *
 * @since 0.1.0
 */
public final class JmixtralScoringModel implements ScoringModel, AutoCloseable {
  private final ModelHolder model;
  private final boolean perToken;

  private JmixtralScoringModel(Builder builder, ModelHolder model) {
    this.model = model;
    perToken = builder.perToken;
  }

  /** A builder. */
  public static Builder builder() {
    return ModelBuilder.find(JmixtralScoringModelBuilderFactory.class, Builder::new);
  }

  /**
   * The scores of texts, in their order, at most 0 and higher for likelier texts.
   *
   * @param segments at least one
   */
  @Override
  public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
    return Failures.translated(
        () -> {
          String prompt = query + "\n";
          List<TextScore> scores =
              model.mixtral().score(prompt, segments.stream().map(TextSegment::text).toList());
          int length = model.mixtral().tokenizer().encode(prompt).length;
          for (TextScore score : scores) {
            length += score.tokens().size();
          }
          return Response.from(
              scores.stream().map(score -> perToken ? score.mean() : score.sum()).toList(),
              new TokenUsage(length, 0));
        });
  }

  /** Closes the Mixtral, unless it is the caller's. */
  @Override
  public void close() {
    model.close();
  }

  @Override
  public String toString() {
    return "JmixtralScoringModel[" + model.name() + "]";
  }

  /** Builds a scoring model. */
  public static final class Builder extends ModelBuilder<Builder> {
    private boolean perToken = true;

    /** A builder with nothing set. */
    public Builder() {}

    @Override
    Builder self() {
      return this;
    }

    /**
     * Whether a score is the mean of a text's tokens, so that texts of all lengths compare, or
     * their sum; the mean by default.
     */
    public Builder perToken(boolean perToken) {
      this.perToken = perToken;
      return this;
    }

    /** The scoring model. */
    public JmixtralScoringModel build() {
      return open(holder -> new JmixtralScoringModel(this, holder));
    }
  }
}
