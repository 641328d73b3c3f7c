package io.github.jmixtral.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls of tools in chat completions. */
class ToolsTest {
  private static final String WEATHER =
      """
      {'type': 'function', 'function': {'name': 'weather', 'description': 'The weather.',
       'parameters': {'type': 'object', 'required': ['city'],
        'properties': {'city': {'enum': ['Paris', 'Rome']}}}}}
      """;

  private static final String PING = "{'type': 'function', 'function': {'name': 'ping'}}";

  private static final String QUESTION =
      "'temperature': 0, 'max_tokens': 120,"
          + " 'messages': [{'role': 'user', 'content': 'How warm is it?'}], 'tools': ["
          + WEATHER
          + ", "
          + PING
          + "]";

  private static JsonNode answer(String fields) {
    return Models.answer(
        Models.TOOLS, Endpoint.CHAT_COMPLETIONS, "{" + QUESTION + ", " + fields + "}");
  }

  private static ApiError refusal(String fields) {
    return Models.refusal(
        Models.TOOLS, Endpoint.CHAT_COMPLETIONS, "{" + QUESTION + ", " + fields + "}");
  }

  @Test
  void aNamedToolIsCalledWithArgumentsThatFit() {
    JsonNode choice =
        answer("'tool_choice': {'type': 'function', 'function': {'name': 'weather'}}")
            .at("/choices/0");
    assertEquals(1, choice.at("/message/tool_calls").size());
    JsonNode call = choice.at("/message/tool_calls/0");
    assertEquals("tool_calls", choice.get("finish_reason").stringValue());
    assertTrue(choice.at("/message/content").isNull());
    assertEquals("function", call.get("type").stringValue());
    assertTrue(call.get("id").stringValue().matches("[a-zA-Z0-9]{9}"));
    assertEquals("weather", call.at("/function/name").stringValue());
    JsonNode arguments = JsonMapper.shared().readTree(call.at("/function/arguments").stringValue());
    assertTrue(List.of("Paris", "Rome").contains(arguments.get("city").stringValue()));
  }

  @Test
  void streamedCallsMakeUpTheAnswer() {
    String fields = "'tool_choice': 'required'";
    JsonNode expected = answer(fields).at("/choices/0/message/tool_calls");
    List<StreamEvent> events =
        Models.events(
            Models.TOOLS,
            Endpoint.CHAT_COMPLETIONS,
            "{" + QUESTION + ", 'stream': true, " + fields + "}");
    List<String> calls = new ArrayList<>();
    List<String> arguments = new ArrayList<>();
    for (StreamEvent event : events.subList(1, events.size() - 2)) {
      JsonNode part =
          JsonMapper.shared().readTree(event.data()).at("/choices/0/delta/tool_calls/0");
      int index = part.get("index").intValue();
      if (index == calls.size()) {
        assertEquals("", part.at("/function/arguments").stringValue());
        calls.add(part.get("id").stringValue() + part.at("/function/name").stringValue());
        arguments.add("");
      } else {
        assertEquals(2, part.size());
        arguments.set(index, arguments.get(index) + part.at("/function/arguments").stringValue());
      }
    }
    assertTrue(calls.size() > 0);
    for (int i = 0; i < expected.size(); i++) {
      JsonNode call = expected.get(i);
      assertEquals(
          call.get("id").stringValue() + call.at("/function/name").stringValue(), calls.get(i));
      assertEquals(call.at("/function/arguments").stringValue(), arguments.get(i));
    }
    JsonNode last = JsonMapper.shared().readTree(events.get(events.size() - 2).data());
    assertEquals("tool_calls", last.at("/choices/0/finish_reason").stringValue());
  }

  @Test
  void withoutParallelCallsThereIsOne() {
    String fields = "'tool_choice': 'required', 'parallel_tool_calls': false, 'seed': 3";
    assertEquals(1, answer(fields).at("/choices/0/message/tool_calls").size());
  }

  @Test
  void onlyAllowedToolsAreCalled() {
    String allowed =
        "'tool_choice': {'type': 'allowed_tools', 'allowed_tools': {'mode': 'required',"
            + " 'tools': [{'type': 'function', 'function': {'name': 'ping'}}]}}";
    for (JsonNode call : answer(allowed).at("/choices/0/message/tool_calls")) {
      assertEquals("ping", call.at("/function/name").stringValue());
    }
  }

  @Test
  void aConversationGoesOnWithTheResults() {
    String messages =
        """
        {'temperature': 0, 'max_tokens': 10, 'tools': [%s], 'tool_choice': 'none', 'messages': [
          {'role': 'user', 'content': 'How warm is it?'},
          {'role': 'assistant', 'content': %s, 'tool_calls': [
            {'id': 'call_abc', 'type': 'function',
             'function': {'name': 'weather', 'arguments': '{}'}}]},
          {'role': 'tool', 'tool_call_id': 'call_abc', 'content': '21'}]}
        """;
    JsonNode answer =
        Models.answer(Models.TOOLS, Endpoint.CHAT_COMPLETIONS, messages.formatted(WEATHER, "null"));
    assertTrue(answer.at("/choices/0/message/content").isString());
    JsonNode withText =
        Models.answer(
            Models.TOOLS, Endpoint.CHAT_COMPLETIONS, messages.formatted(WEATHER, "'Let me see.'"));
    assertEquals(answer.at("/choices/0/message"), withText.at("/choices/0/message"));
  }

  @Test
  void stopStringsEndTextsAndNotCalls() {
    String fields = "'tool_choice': {'type': 'function', 'function': {'name': 'weather'}}";
    assertEquals(
        answer(fields).at("/choices/0/message"),
        answer(fields + ", 'stop': ['city', ':']").at("/choices/0/message"));
  }

  @Test
  void aModelWithoutToolsSaysSo() {
    ApiError error = Models.refusal(Models.STORY, Endpoint.CHAT_COMPLETIONS, "{" + QUESTION + "}");
    assertEquals(400, error.status());
    assertEquals("tools", error.param());
    assertTrue(error.message().contains("no tools"), error.message());
  }

  @Test
  void wrongToolsAreRefusedByName() {
    assertEquals(
        "tool_choice.function.name",
        refusal("'tool_choice': {'type': 'function', 'function': {'name': 'pong'}}").param());
    assertEquals("tool_choice", refusal("'tool_choice': 'maybe'").param());
    assertEquals("tool_choice.type", refusal("'tool_choice': {'type': 'custom'}").param());
  }
}
