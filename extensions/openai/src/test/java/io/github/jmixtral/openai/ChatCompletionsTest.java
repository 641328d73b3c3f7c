package io.github.jmixtral.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.StreamEvent;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Conversations, whole and streamed. */
class ChatCompletionsTest {
  private static final String QUESTION =
      "'messages': [{'role': 'user', 'content': 'Write a story about a duck.'}]";

  private static JsonNode answer(String fields) {
    return Models.answer(
        Models.STORY, Endpoint.CHAT_COMPLETIONS, "{" + QUESTION + ", " + fields + "}");
  }

  private static ApiError refusal(String fields) {
    return Models.refusal(
        Models.STORY, Endpoint.CHAT_COMPLETIONS, "{" + QUESTION + ", " + fields + "}");
  }

  @Test
  void anAnswerIsWhatTheLibraryGenerates() {
    Generation expected =
        Models.STORY_MODEL.generate(
            Prompt.chat(ChatMessage.user("Write a story about a duck.")),
            GenerationConfig.inherit().withMaxNewTokens(20));
    JsonNode answer = answer("'model': 'story', 'temperature': 0, 'max_tokens': 20");
    JsonNode choice = answer.get("choices").get(0);
    assertEquals(expected.text(), choice.get("message").get("content").stringValue());
    assertEquals("length", choice.get("finish_reason").stringValue());
    assertEquals(
        Models.json(
            """
            {'prompt_tokens': %d, 'completion_tokens': 20, 'total_tokens': %d,
             'prompt_tokens_details': {'cached_tokens': 0}}
            """
                .formatted(expected.promptTokenCount(), expected.promptTokenCount() + 20)),
        answer.get("usage"));
  }

  @Test
  void anAnswerHasTheShapeOfTheApi() {
    JsonNode answer = answer("'temperature': 0, 'max_tokens': 3");
    String fingerprint = answer.get("system_fingerprint").stringValue();
    assertTrue(fingerprint.matches("fp_[0-9a-f]{10}"), fingerprint);
    assertEquals(
        Models.json(
            """
            {'id': 'chatcmpl-stamp', 'object': 'chat.completion', 'created': 1700000000,
             'model': 'story', 'system_fingerprint': '%s',
             'choices': [{'index': 0,
               'message': {'role': 'assistant', 'content': %s, 'refusal': null},
               'logprobs': null, 'finish_reason': 'length'}],
             'usage': %s}
            """
                .formatted(
                    fingerprint, answer.at("/choices/0/message/content"), answer.get("usage"))),
        answer);
  }

  @Test
  void aStreamIsTheAnswerInPieces() {
    String body =
        "{%s, 'temperature': 0, 'max_tokens': 30, 'stream': true,".formatted(QUESTION)
            + " 'stream_options': {'include_usage': true}}";
    List<StreamEvent> events = Models.events(Models.STORY, Endpoint.CHAT_COMPLETIONS, body);
    JsonNode whole = answer("'temperature': 0, 'max_tokens': 30");
    StringBuilder text = new StringBuilder();
    for (StreamEvent event : events.subList(1, events.size() - 3)) {
      JsonNode chunk = JsonMapper.shared().readTree(event.data());
      assertEquals("chatcmpl-stamp", chunk.get("id").stringValue());
      assertEquals("chat.completion.chunk", chunk.get("object").stringValue());
      assertTrue(chunk.get("usage").isNull());
      text.append(chunk.at("/choices/0/delta/content").stringValue());
    }
    assertEquals(whole.at("/choices/0/message/content").stringValue(), text.toString());
    assertEquals(
        Models.json("{'role': 'assistant', 'content': '', 'refusal': null}"),
        JsonMapper.shared().readTree(events.getFirst().data()).at("/choices/0/delta"));
    JsonNode last = JsonMapper.shared().readTree(events.get(events.size() - 3).data());
    assertEquals(Models.json("{}"), last.at("/choices/0/delta"));
    assertEquals("length", last.at("/choices/0/finish_reason").stringValue());
    JsonNode usage = JsonMapper.shared().readTree(events.get(events.size() - 2).data());
    assertEquals(Models.json("[]"), usage.get("choices"));
    assertEquals(whole.get("usage"), usage.get("usage"));
    assertEquals(new StreamEvent("", "[DONE]"), events.getLast());
  }

  @Test
  void aSeedRepeatsAnAnswerAndTextsDiffer() {
    JsonNode first = answer("'seed': 7, 'max_tokens': 20, 'n': 3").get("choices");
    assertEquals(first, answer("'seed': 7, 'max_tokens': 20, 'n': 3").get("choices"));
    assertEquals(
        first.get(1).get("message"),
        answer("'seed': 8, 'max_tokens': 20").at("/choices/0/message"));
    assertEquals(3, first.size());
  }

  @Test
  void anotherModelIsNotFound() {
    ApiError error = refusal("'model': 'other'");
    assertEquals(404, error.status());
    assertEquals("model_not_found", error.code());
  }
}
