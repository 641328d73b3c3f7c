package io.github.jmixtral.spring.ai;

import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.content.MediaContent;
import org.springframework.ai.tokenizer.TokenCountEstimator;

/**
 * Counts the tokens of texts exactly, with the model's own tokenizer, for splitters and batches.
 * What a chat format adds around messages is not counted.
 *
 * @since 0.1.0
 */
public final class JmixtralTokenCountEstimator implements TokenCountEstimator {
  private final Tokenizer tokenizer;

  /** An estimator with a model's tokenizer. */
  public JmixtralTokenCountEstimator(Tokenizer tokenizer) {
    this.tokenizer = Objects.requireNonNull(tokenizer, "tokenizer");
  }

  /** The tokens of a text; none for null. */
  @Override
  public int estimate(@Nullable String text) {
    return text == null ? 0 : tokenizer.encodePlain(text).length;
  }

  /** The tokens of the content's text. */
  @Override
  public int estimate(MediaContent content) {
    return estimate(content.getText());
  }

  /** The tokens of all texts together. */
  @Override
  public int estimate(Iterable<MediaContent> contents) {
    int sum = 0;
    for (MediaContent content : contents) {
      sum += estimate(content);
    }
    return sum;
  }
}
