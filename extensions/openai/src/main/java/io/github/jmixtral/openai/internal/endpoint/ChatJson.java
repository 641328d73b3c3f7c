package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.Usage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON of chat completions and their chunks.
 *
 * @param logprobs whether log probabilities are asked for
 */
record ChatJson(Host host, Stamp stamp, boolean logprobs) {
  /** What an answer and all chunks of a stream begin with. */
  private ObjectNode object(String kind) {
    ObjectNode object = Json.object();
    object.put("id", "chatcmpl-" + stamp.token());
    object.put("object", kind);
    object.put("created", stamp.created().getEpochSecond());
    object.put("model", host.model().name());
    object.put("system_fingerprint", host.fingerprint());
    return object;
  }

  /** A whole answer. */
  ObjectNode answer(List<Generation> answers, Usage usage) {
    ObjectNode object = object("chat.completion");
    ArrayNode choices = object.putArray("choices");
    for (int i = 0; i < answers.size(); i++) {
      putChoice(choices.addObject(), i, answers.get(i));
    }
    usage.putInto(object);
    return object;
  }

  private void putChoice(ObjectNode choice, int index, Generation answer) {
    choice.put("index", index);
    ObjectNode message = choice.putObject("message");
    message.put("role", "assistant");
    List<ToolCall> calls = answer.toolCalls();
    message.put("content", calls.isEmpty() || !answer.text().isEmpty() ? answer.text() : null);
    message.putNull("refusal");
    if (!calls.isEmpty()) {
      ArrayNode list = message.putArray("tool_calls");
      for (ToolCall call : calls) {
        putCall(list.addObject(), call.id(), call.name(), call.arguments());
      }
    }
    if (logprobs) {
      ChatLogprobs.put(choice, Steps.of(answer, answer.text(), tokenizer(), false), tokenizer());
    } else {
      choice.putNull("logprobs");
    }
    choice.put("finish_reason", Finish.ofAnswer(answer));
  }

  private static void putCall(ObjectNode node, String id, String name, String arguments) {
    node.put("id", id);
    node.put("type", "function");
    node.putObject("function").put("name", name).put("arguments", arguments);
  }

  Tokenizer tokenizer() {
    return host.tokenizer();
  }

  /** A chunk with a delta of one choice, which is filled in by the caller. */
  Chunk chunk(int index) {
    ObjectNode object = object("chat.completion.chunk");
    ObjectNode choice = object.putArray("choices").addObject();
    choice.put("index", index);
    ObjectNode delta = choice.putObject("delta");
    choice.putNull("logprobs");
    choice.putNull("finish_reason");
    return new Chunk(object, choice, delta);
  }

  /** The first chunk of a choice. */
  ObjectNode role(int index) {
    Chunk chunk = chunk(index);
    chunk.delta().put("role", "assistant").put("content", "").putNull("refusal");
    return chunk.object();
  }

  /** A chunk with a piece of the text, and the log probabilities of its tokens. */
  ObjectNode text(int index, String piece, List<StepLogProbabilities> steps) {
    Chunk chunk = chunk(index);
    chunk.delta().put("content", piece);
    if (logprobs) {
      ChatLogprobs.put(chunk.choice(), steps, tokenizer());
    }
    return chunk.object();
  }

  /** The chunk in which a call begins. */
  ObjectNode callBegins(int index, int place, ToolCall call) {
    Chunk chunk = chunk(index);
    ObjectNode node = chunk.delta().putArray("tool_calls").addObject();
    node.put("index", place);
    putCall(node, call.id(), call.name(), "");
    return chunk.object();
  }

  /** A chunk with a piece of a call's arguments. */
  ObjectNode arguments(int index, int place, String piece) {
    Chunk chunk = chunk(index);
    ObjectNode node = chunk.delta().putArray("tool_calls").addObject();
    node.put("index", place);
    node.putObject("function").put("arguments", piece);
    return chunk.object();
  }

  /** The last chunk of a choice. */
  ObjectNode finish(int index, Generation answer) {
    Chunk chunk = chunk(index);
    chunk.choice().put("finish_reason", Finish.ofAnswer(answer));
    return chunk.object();
  }

  /** The chunk behind all choices. */
  ObjectNode usage(Usage usage) {
    ObjectNode object = object("chat.completion.chunk");
    object.putArray("choices");
    usage.putInto(object);
    return object;
  }

  /**
   * A chunk with one choice.
   *
   * @param object the chunk
   * @param choice its choice
   * @param delta what is new in it
   */
  record Chunk(ObjectNode object, ObjectNode choice, ObjectNode delta) {}
}
