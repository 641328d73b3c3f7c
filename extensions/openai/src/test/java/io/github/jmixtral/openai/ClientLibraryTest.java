package io.github.jmixtral.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.core.ObjectMappers;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.ErrorObject;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.completions.Completion;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseStreamEvent;
import io.github.jmixtral.openai.api.StreamEvent;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The client library of OpenAI reads every kind of answer, and finds nothing missing or wrong. */
class ClientLibraryTest {
  private static final String QUESTION =
      "'messages': [{'role': 'user', 'content': 'How warm is it?'}], 'temperature': 0, 'seed': 1,"
          + " 'max_tokens': 60";

  private static final String TOOL =
      "'name': 'weather', 'description': 'The weather.', 'parameters': {'type': 'object',"
          + " 'required': ['city'], 'properties': {'city': {'enum': ['Paris', 'Rome']}}}";

  private static final String TOOLS = "'tools': [{'type': 'function', 'function': {" + TOOL + "}}]";

  private static final String FLAT_TOOLS =
      "'tools': [{'type': 'function', 'strict': true, " + TOOL + "}]";

  private static <T> T read(String json, Class<T> type) {
    try {
      return ObjectMappers.jsonMapper().readValue(json, type);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
  }

  private static Stream<String> data(List<StreamEvent> events) {
    return events.stream().map(StreamEvent::data).filter(data -> !data.equals("[DONE]"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'n': 1",
        "'n': 2, 'temperature': 1",
        "'logprobs': true, 'top_logprobs': 2",
        "'response_format': {'type': 'json_object'}",
        TOOLS + ", 'tool_choice': 'required'",
        TOOLS + ", 'tool_choice': 'none'"
      })
  void chatCompletions(String fields) {
    String body = "{" + QUESTION + ", " + fields;
    ChatCompletion whole =
        read(
            Models.answer(Models.TOOLS, Endpoint.CHAT_COMPLETIONS, body + "}").toString(),
            ChatCompletion.class);
    whole.validate();
    ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
    data(Models.events(
            Models.TOOLS,
            Endpoint.CHAT_COMPLETIONS,
            body + ", 'stream': true, 'stream_options': {'include_usage': true}}"))
        .forEach(
            chunk -> accumulator.accumulate(read(chunk, ChatCompletionChunk.class).validate()));
    ChatCompletion streamed = accumulator.chatCompletion();
    assertEquals(
        whole.usage().orElseThrow().totalTokens(), streamed.usage().orElseThrow().totalTokens());
    assertEquals(whole.choices().size(), streamed.choices().size());
    for (int i = 0; i < whole.choices().size(); i++) {
      ChatCompletion.Choice expected = whole.choices().get(i);
      ChatCompletion.Choice found = streamed.choices().get(i);
      assertEquals(expected.finishReason(), found.finishReason());
      assertEquals(
          expected.logprobs().flatMap(logprobs -> logprobs.content()),
          found.logprobs().flatMap(logprobs -> logprobs.content()));
      assertEquals(
          expected.message().toolCalls().orElse(List.of()),
          found.message().toolCalls().orElse(List.of()));
      assertEquals(expected.message().content().orElse(""), found.message().content().orElse(""));
    }
  }

  @Test
  void completions() {
    String body = "{'prompt': ['Once', 'One day'], 'logprobs': 2, 'temperature': 0";
    Completion whole =
        read(
            Models.answer(Models.STORY, Endpoint.COMPLETIONS, body + "}").toString(),
            Completion.class);
    whole.validate();
    assertEquals(2, whole.choices().size());
    List<Completion> chunks =
        data(Models.events(Models.STORY, Endpoint.COMPLETIONS, body + ", 'stream': true}"))
            .map(chunk -> read(chunk, Completion.class))
            .toList();
    for (int i = 0; i < 2; i++) {
      int index = i;
      String text =
          String.join(
              "",
              chunks.stream()
                  .flatMap(chunk -> chunk.choices().stream())
                  .filter(choice -> choice.index() == index)
                  .map(choice -> choice.text())
                  .toList());
      assertEquals(whole.choices().get(i).text(), text);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'max_output_tokens': 20",
        "'include': ['message.output_text.logprobs'], 'top_logprobs': 1, 'max_output_tokens': 9",
        "'text': {'format': {'type': 'json_schema', 'name': 'n', 'schema': {'type': 'object',"
            + " 'properties': {'n': {'type': 'integer'}}, 'required': ['n'],"
            + " 'additionalProperties': false}}}, 'max_output_tokens': 50",
        FLAT_TOOLS + ", 'tool_choice': 'required', 'max_output_tokens': 100",
        FLAT_TOOLS + ", 'tool_choice': {'type': 'function', 'name': 'weather'}",
      })
  void responses(String fields) {
    String body = "{'input': 'How warm is it?', 'temperature': 0, 'instructions': 'Be kind.', ";
    Response whole =
        read(
            Models.answer(Models.TOOLS, Endpoint.RESPONSES, body + fields + "}").toString(),
            Response.class);
    whole.validate();
    ResponseAccumulator accumulator = ResponseAccumulator.create();
    List<String> events =
        data(Models.events(Models.TOOLS, Endpoint.RESPONSES, body + fields + ", 'stream': true}"))
            .toList();
    for (int i = 0; i < events.size(); i++) {
      accumulator.accumulate(read(events.get(i), ResponseStreamEvent.class).validate());
      assertEquals(
          i, JsonMapper.shared().readTree(events.get(i)).get("sequence_number").intValue());
    }
    // The second needs not compute what the first did: their usage differs.
    assertEquals(whole.output(), accumulator.response().output());
    assertEquals(whole.status(), accumulator.response().status());
    assertEquals(
        whole.usage().orElseThrow().totalTokens(),
        accumulator.response().usage().orElseThrow().totalTokens());
  }

  @Test
  void theTextOfAResponseIsStreamedInPieces() {
    String body = "{'input': 'How warm is it?', 'temperature': 0, 'max_output_tokens': 20";
    JsonNode whole = Models.answer(Models.STORY, Endpoint.RESPONSES, body + "}");
    StringBuilder text = new StringBuilder();
    for (StreamEvent event :
        Models.events(Models.STORY, Endpoint.RESPONSES, body + ", 'stream': true}")) {
      if (event.name().equals("response.output_text.delta")) {
        text.append(JsonMapper.shared().readTree(event.data()).get("delta").stringValue());
      }
    }
    assertEquals(whole.at("/output/0/content/0/text").stringValue(), text.toString());
  }

  @Test
  void embeddings() {
    for (String format : List.of("float", "base64")) {
      String body = "{'input': ['a frog', [5, 6, 7]], 'encoding_format': '" + format + "'}";
      CreateEmbeddingResponse answer =
          read(
              Models.answer(Models.STORY, Endpoint.EMBEDDINGS, body).toString(),
              CreateEmbeddingResponse.class);
      answer.validate();
      List<Float> vector = answer.data().getFirst().embedding();
      assertEquals(128, vector.size());
      assertEquals(1, vector.stream().mapToDouble(x -> x * x).sum(), 1e-5);
      float[] expected =
          Models.STORY_MODEL.embed(io.github.jmixtral.generation.Prompt.text("a frog"));
      assertEquals(expected[3] / expected[4], vector.get(3) / vector.get(4), 1e-3);
    }
  }

  @Test
  void modelsAndErrors() {
    read(Models.STORY.model("story").toString(), Model.class).validate();
    assertEquals("list", Models.STORY.models().get("object").stringValue());
    JsonNode error =
        Models.refusal(Models.STORY, Endpoint.CHAT_COMPLETIONS, "{'messages': 3}").toJson();
    read(error.get("error").toString(), ErrorObject.class).validate();
    assertTrue(error.at("/error/message").stringValue().endsWith("."));
  }
}
