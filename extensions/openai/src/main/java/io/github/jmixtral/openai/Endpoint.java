package io.github.jmixtral.openai;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What can be asked for with {@code POST}. Endpoints may be added.
 *
 * @since 0.1.0
 */
public enum Endpoint {
  /** Answers in a conversation. */
  CHAT_COMPLETIONS("/v1/chat/completions"),
  /** Continuations of texts. */
  COMPLETIONS("/v1/completions"),
  /** Answers in a conversation, in the newer form of the API. */
  RESPONSES("/v1/responses"),
  /** Vectors of texts. */
  EMBEDDINGS("/v1/embeddings"),
  /** How well pairs of texts belong together. */
  SCORE("/v1/score", "/score"),
  /** Labels of texts, by a classifier. */
  CLASSIFY("/v1/classify", "/classify"),
  /** The ids of a text or conversation. */
  TOKENIZE("/tokenize", "/v1/tokenize"),
  /** The text of ids. */
  DETOKENIZE("/detokenize", "/v1/detokenize");

  private final List<String> paths;

  Endpoint(String... paths) {
    this.paths = List.of(paths);
  }

  /** The paths at which servers offer it, the usual one first. */
  public List<String> paths() {
    return paths;
  }

  /** The endpoint of a path, if there is one. */
  public static Optional<Endpoint> ofPath(String path) {
    return Arrays.stream(values()).filter(endpoint -> endpoint.paths.contains(path)).findFirst();
  }
}
