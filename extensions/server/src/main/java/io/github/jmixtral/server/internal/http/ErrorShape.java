package io.github.jmixtral.server.internal.http;

import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** How an API writes its errors. */
public enum ErrorShape {
  /** An object with message, type, param and code. */
  OPENAI {
    @Override
    public String json(HttpFailure failure) {
      ObjectNode body = JsonNodeFactory.instance.objectNode();
      body.putObject("error")
          .put("message", failure.text())
          .put("type", failure.type())
          .put("param", failure.parameter())
          .put("code", failure.code());
      return body.toString();
    }
  },

  /** Only the message. */
  OLLAMA {
    @Override
    public String json(HttpFailure failure) {
      return JsonNodeFactory.instance.objectNode().put("error", failure.text()).toString();
    }
  };

  /** The body of an answer with an error: a JSON object in one line. */
  public abstract String json(HttpFailure failure);
}
