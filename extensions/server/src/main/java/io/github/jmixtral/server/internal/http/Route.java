package io.github.jmixtral.server.internal.http;

/**
 * Which requests an endpoint answers.
 *
 * @param method GET, which stands for HEAD, too, or POST
 * @param path such as {@code /v1/models}; one that ends with {@code /*} takes whatever comes there
 * @param errors how its errors are written
 * @param isOpen whether it is answered without a key
 * @param isAnyType whether the body may have any content type, not only JSON's
 */
public record Route(
    String method,
    String path,
    Responder responder,
    ErrorShape errors,
    boolean isOpen,
    boolean isAnyType) {

  /** A route for GET, with a key where there are keys. */
  public static Route get(String path, Responder responder) {
    return new Route("GET", path, responder, ErrorShape.OPENAI, false, false);
  }

  /** A route for POST with JSON, with a key where there are keys. */
  public static Route post(String path, Responder responder) {
    return new Route("POST", path, responder, ErrorShape.OPENAI, false, false);
  }

  /** The same, but answered without a key. */
  public Route open() {
    return new Route(method, path, responder, errors, true, isAnyType);
  }

  /** The same with Ollama's habits: its errors, and bodies of whatever type. */
  public Route likeOllama() {
    return new Route(method, path, responder, ErrorShape.OLLAMA, isOpen, true);
  }
}
