package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /v1/models}: the served model. */
public final class ModelList {
  private ModelList() {}

  /** A list of it. */
  public static ObjectNode all(Host host) {
    ObjectNode list = Json.object();
    list.put("object", "list");
    list.putArray("data").add(one(host));
    return list;
  }

  /** The model itself; {@code max_model_len} is vLLM's name for the length of the context. */
  public static ObjectNode one(Host host) {
    return Json.object()
        .put("id", host.model().name())
        .put("object", "model")
        .put("created", host.model().created().getEpochSecond())
        .put("owned_by", "jmixtral")
        .put("max_model_len", host.contextLength());
  }
}
