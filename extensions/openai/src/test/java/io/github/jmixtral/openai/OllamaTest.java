package io.github.jmixtral.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.openai.ollama.OllamaApi;
import io.github.jmixtral.openai.ollama.OllamaEndpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Ollama's API. */
class OllamaTest {
  private static final OllamaApi STORY =
      new OllamaApi(
          ServedModel.of("story", Models.STORY_MODEL).withCreated(Models.STAMP.created()));

  private static final OllamaApi TOOLS = new OllamaApi(ServedModel.of("tools", Models.TOOL_MODEL));

  private static final String QUESTION =
      "'messages': [{'role': 'user', 'content': 'Write a story about a duck.'}],"
          + " 'options': {'temperature': 0, 'num_predict': 12}";

  private static ApiRequest read(OllamaApi api, OllamaEndpoint endpoint, String body) {
    return api.read(endpoint, Models.json(body));
  }

  private static JsonNode answer(OllamaApi api, OllamaEndpoint endpoint, String body) {
    return JsonMapper.shared()
        .readTree(
            read(api, endpoint, body)
                .answer(Models.STAMP, new CancellationHandle())
                .body()
                .toString());
  }

  private static List<JsonNode> lines(OllamaApi api, OllamaEndpoint endpoint, String body) {
    ApiRequest request = read(api, endpoint, body);
    assertTrue(request.isStreaming());
    List<StreamEvent> events = new ArrayList<>();
    List<Generation> _ = request.stream(Models.STAMP, events::add, new CancellationHandle());
    return events.stream().map(event -> JsonMapper.shared().readTree(event.data())).toList();
  }

  private static ApiError refusal(OllamaEndpoint endpoint, String body) {
    return assertThrows(ApiException.class, () -> answer(STORY, endpoint, body)).error();
  }

  @Test
  void aChatIsStreamedInLinesThatMakeUpTheAnswer() {
    String body = "{'model': 'story:latest', " + QUESTION + ", 'stream': ";
    JsonNode whole = answer(STORY, OllamaEndpoint.CHAT, body + "false}");
    List<JsonNode> lines = lines(STORY, OllamaEndpoint.CHAT, body + "null}");
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line.at("/message/content").stringValue()));
    assertEquals(whole.at("/message/content").stringValue(), text.toString());
    assertEquals("story", whole.get("model").stringValue());
    assertEquals("2023-11-14T22:13:20Z", whole.get("created_at").stringValue());
    for (JsonNode end : List.of(whole, lines.getLast())) {
      assertTrue(end.get("done").booleanValue());
      assertEquals("length", end.get("done_reason").stringValue());
      assertEquals(12, end.get("eval_count").intValue());
      assertTrue(end.get("total_duration").longValue() > 0);
    }
    assertTrue(!lines.getFirst().get("done").booleanValue());
  }

  @Test
  void aPromptIsAnsweredOrContinued() {
    String options = "'stream': false, 'options': {'temperature': 0, 'num_predict': 6}";
    JsonNode chat =
        answer(
            STORY,
            OllamaEndpoint.GENERATE,
            "{'prompt': 'Write a story about a duck.', " + options + "}");
    assertEquals(
        answer(
                STORY,
                OllamaEndpoint.CHAT,
                "{'messages': [{'role': 'user', 'content': 'Write a story about a duck.'}], "
                    + options
                    + "}")
            .at("/message/content"),
        chat.get("response"));
    JsonNode raw =
        answer(
            STORY,
            OllamaEndpoint.GENERATE,
            "{'prompt': 'Once upon a time', 'raw': true, " + options + "}");
    assertTrue(raw.get("response").stringValue().startsWith(" "), raw::toString);
  }

  @Test
  void callsHaveArgumentsThatAreObjects() {
    String tool =
        """
        {'type': 'function', 'function': {'name': 'weather', 'parameters': {'type': 'object',
         'required': ['city'], 'properties': {'city': {'enum': ['Paris', 'Rome']}}}}}
        """;
    String body =
        """
        {'tools': [%s], 'tool_choice': 'required', 'options': {'temperature': 0, 'num_predict': 120},
         'messages': [
          {'role': 'user', 'content': 'How warm is it?'},
          {'role': 'assistant', 'content': '', 'tool_calls': [
            {'function': {'name': 'weather', 'arguments': {'city': 'Rome'}}}]},
          {'role': 'tool', 'tool_name': 'weather', 'content': '21'},
          {'role': 'assistant', 'content': '21.'},
          {'role': 'user', 'content': 'And in Paris?'}]}
        """
            .formatted(tool);
    List<JsonNode> lines = lines(TOOLS, OllamaEndpoint.CHAT, body);
    JsonNode function = lines.get(lines.size() - 2).at("/message/tool_calls/0/function");
    assertEquals("weather", function.get("name").stringValue());
    assertTrue(function.at("/arguments/city").isString(), function::toString);
  }

  @Test
  void aRequestWithoutAPromptAnswersThatTheModelIsLoaded() {
    for (OllamaEndpoint endpoint : List.of(OllamaEndpoint.CHAT, OllamaEndpoint.GENERATE)) {
      JsonNode answer = answer(STORY, endpoint, "{'model': 'story', 'keep_alive': 0}");
      assertEquals("load", answer.get("done_reason").stringValue());
    }
  }

  @Test
  void formatsAreKept() {
    String body =
        """
        {'stream': false, 'options': {'num_predict': 60, 'seed': 1}, 'prompt': 'JSON!',
         'format': {'type': 'object', 'properties': {'n': {'type': 'integer'}}, 'required': ['n']}}
        """;
    String text = answer(STORY, OllamaEndpoint.GENERATE, body).get("response").stringValue();
    assertTrue(JsonMapper.shared().readTree(text).get("n").isIntegralNumber(), text);
  }

  @Test
  void vectorsAreThoseOfTheOtherApi() {
    JsonNode answer =
        answer(STORY, OllamaEndpoint.EMBED, "{'input': ['a frog', 'an owl'], 'truncate': true}");
    JsonNode other =
        Models.answer(Models.STORY, Endpoint.EMBEDDINGS, "{'input': ['a frog', 'an owl']}");
    assertEquals(other.at("/data/0/embedding"), answer.at("/embeddings/0"));
    assertEquals(other.at("/usage/prompt_tokens"), answer.get("prompt_eval_count"));
  }

  @Test
  void theModelIsListed() {
    JsonNode model = STORY.tags().at("/models/0");
    assertEquals("story", model.get("name").stringValue());
    assertEquals("2023-11-14T22:13:20Z", model.get("modified_at").stringValue());
    assertEquals("mixtral", model.at("/details/family").stringValue());
    assertEquals("3.8M", model.at("/details/parameter_size").stringValue());
    assertEquals(4096, STORY.running().at("/models/0/context_length").intValue());
    assertTrue(STORY.version().get("version").isString());
    assertEquals(
        Models.json("['completion', 'embedding']"),
        answer(STORY, OllamaEndpoint.SHOW, "{'model': 'story'}").get("capabilities"));
    assertEquals(
        Models.json("['completion', 'embedding', 'tools']"),
        answer(TOOLS, OllamaEndpoint.SHOW, "{'name': 'tools'}").get("capabilities"));
  }

  @Test
  void whatCannotBeDoneIsRefusedByName() {
    assertEquals(404, refusal(OllamaEndpoint.CHAT, "{'model': 'other'}").status());
    assertEquals(
        "think", refusal(OllamaEndpoint.CHAT, "{" + QUESTION + ", 'think': true}").param());
    assertEquals(
        "options.temperature",
        refusal(OllamaEndpoint.GENERATE, "{'prompt': 'a', 'options': {'temperature': -1}}")
            .param());
    assertEquals(
        "format", refusal(OllamaEndpoint.GENERATE, "{'prompt': 'a', 'format': 'xml'}").param());
    assertEquals(
        "messages[0].images",
        refusal(
                OllamaEndpoint.CHAT,
                "{'messages': [{'role': 'user', 'content': 'a', 'images': ['aGk=']}]}")
            .param());
    ApiError error = refusal(OllamaEndpoint.CHAT, "{'messages': [{'role': 'tool'}]}");
    assertEquals(
        Models.json("{'error': '%s'}".formatted(error.message().replace("'", "\\u0027"))),
        OllamaApi.errorBody(error));
  }
}
