package io.github.jmixtral.openai.ollama;

import java.util.Arrays;
import java.util.Optional;

/**
 * What can be asked for with {@code POST}. Endpoints may be added.
 *
 * @since 0.1.0
 */
public enum OllamaEndpoint {
  /** Answers in a conversation. */
  CHAT("/api/chat"),
  /** Answers to a prompt, or its continuation. */
  GENERATE("/api/generate"),
  /** Vectors of texts. */
  EMBED("/api/embed"),
  /** What is known of a model. */
  SHOW("/api/show");

  private final String path;

  OllamaEndpoint(String path) {
    this.path = path;
  }

  /** The path at which servers offer it. */
  public String path() {
    return path;
  }

  /** The endpoint of a path, if there is one. */
  public static Optional<OllamaEndpoint> ofPath(String path) {
    return Arrays.stream(values()).filter(endpoint -> endpoint.path.equals(path)).findFirst();
  }
}
