package io.github.jmixtral.langchain4j;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.testkit.Fixtures;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** The framework's tests of embedding models. */
class EmbeddingModelKitTest extends AbstractEmbeddingModelIT {
  private final MixtralForCausalLM mixtral =
      MixtralForCausalLM.fromPretrained(Fixtures.storyteller());

  @AfterAll
  void close() {
    mixtral.close();
  }

  @Override
  protected List<EmbeddingModel> models() {
    return List.of(JmixtralEmbeddingModel.builder().model(mixtral).build());
  }

  @Override
  protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
    return JmixtralEmbeddingModel.builder().model(mixtral).listeners(List.of(listener)).build();
  }

  @Override
  protected EmbeddingModel failingModelWith(EmbeddingModelListener listener) {
    MixtralForCausalLM closed = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
    closed.close();
    return JmixtralEmbeddingModel.builder().model(closed).listeners(List.of(listener)).build();
  }

  /** A Mixtral embeds all texts in one way. */
  @Override
  protected boolean supportsInputTypeParameter() {
    return false;
  }

  /** The numbers are those of the hidden state. */
  @Override
  protected boolean supportsDimensionsParameter() {
    return false;
  }

  /** Mixtral reads text. */
  @Override
  protected boolean supportsImageInput() {
    return false;
  }
}
