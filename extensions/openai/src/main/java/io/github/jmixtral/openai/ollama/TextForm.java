package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Where a line has its text. */
enum TextForm {
  /** In a message: {@code /api/chat}. */
  CHAT,
  /** In {@code response}: {@code /api/generate}. */
  GENERATE;

  /** Puts a text and calls of tools into a line. */
  void put(ObjectNode line, String text, List<ToolCall> calls) {
    if (this == GENERATE) {
      line.put("response", text);
      return;
    }
    ObjectNode message = line.putObject("message");
    message.put("role", "assistant");
    message.put("content", text);
    if (!calls.isEmpty()) {
      ArrayNode list = message.putArray("tool_calls");
      for (int i = 0; i < calls.size(); i++) {
        ToolCall call = calls.get(i);
        ObjectNode entry = list.addObject().put("id", call.id());
        ObjectNode function = entry.putObject("function").put("index", i).put("name", call.name());
        function.set("arguments", JsonMapper.shared().readTree(call.arguments()));
      }
    }
  }
}
