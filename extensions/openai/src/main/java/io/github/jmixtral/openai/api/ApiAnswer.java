package io.github.jmixtral.openai.api;

import io.github.jmixtral.generation.Generation;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/**
 * A whole answer.
 *
 * @param body the JSON that the client gets; the caller's own
 * @param generations what was generated, with counts, times and reasons; empty where nothing was
 * @since 0.1.0
 */
public record ApiAnswer(ObjectNode body, List<Generation> generations) {
  /** Checks the body and copies the list. */
  public ApiAnswer {
    Objects.requireNonNull(body, "body");
    generations = List.copyOf(generations);
  }
}
