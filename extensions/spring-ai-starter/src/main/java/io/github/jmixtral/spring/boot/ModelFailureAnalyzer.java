package io.github.jmixtral.spring.boot;

import io.github.jmixtral.error.JmixtralException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Shows in a sentence why a model was not loaded, and how to name one. */
final class ModelFailureAnalyzer extends AbstractFailureAnalyzer<RuntimeException> {
  private static final String ACTION =
      """
      Set spring.ai.jmixtral.model to a folder as the Hugging Face Hub lays it out, to a GGUF file, or to the name of a downloaded model, such as mistralai/Mixtral-8x7B-Instruct-v0.1. The command 'jmixtral download' downloads one; applications download nothing.
      Where other providers serve both chats and embeddings, name them in spring.ai.model.chat and spring.ai.model.embedding.\
      """;

  ModelFailureAnalyzer() {}

  @Override
  protected @Nullable FailureAnalysis analyze(Throwable root, RuntimeException cause) {
    Throwable failure = findCause(root, MissingModelException.class);
    failure = failure == null ? findCause(root, JmixtralException.class) : failure;
    return failure == null ? null : new FailureAnalysis(failure.getMessage(), ACTION, failure);
  }
}
