package io.github.jmixtral.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What each field does, or that it is refused by its name. */
class FieldsTest {
  private static final String QUESTION =
      "{'messages': [{'role': 'user', 'content': 'Write a story about a duck.'}]";

  private static final Tokenizer TOKENIZER = Models.STORY_MODEL.tokenizer();

  private static JsonNode choice(String fields) {
    return Models.answer(Models.STORY, Endpoint.CHAT_COMPLETIONS, QUESTION + ", " + fields + "}")
        .at("/choices/0");
  }

  private static String text(String fields) {
    return choice(fields).at("/message/content").stringValue();
  }

  private static JsonNode completion(String fields) {
    return Models.answer(
            Models.STORY, Endpoint.COMPLETIONS, "{'prompt': 'Once upon a time', " + fields + "}")
        .at("/choices/0");
  }

  private static ApiError refusal(Endpoint endpoint, String body) {
    return Models.refusal(Models.STORY, endpoint, body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'temperature': 2.1 | temperature",
        "'temperature': '1' | temperature",
        "'temperature': 1e999 | temperature",
        "'top_p': 1.5 | top_p",
        "'top_p': -0.1 | top_p",
        "'top_k': -2 | top_k",
        "'top_k': 1.5 | top_k",
        "'min_p': 2 | min_p",
        "'seed': 'a' | seed",
        "'seed': 99999999999999999999 | seed",
        "'n': 0 | n",
        "'n': 129 | n",
        "'max_tokens': 0 | max_tokens",
        "'max_tokens': 5, 'max_completion_tokens': 6 | max_tokens",
        "'frequency_penalty': 3 | frequency_penalty",
        "'presence_penalty': -3 | presence_penalty",
        "'repetition_penalty': 0 | repetition_penalty",
        "'repeat_penalty': -1 | repeat_penalty",
        "'logprobs': 1 | logprobs",
        "'top_logprobs': 3 | top_logprobs",
        "'logprobs': true, 'top_logprobs': 21 | top_logprobs",
        "'stop': [''] | stop",
        "'stop': 5 | stop",
        "'stop': ['a', 5] | stop[1]",
        "'stop': ['1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17'] |"
            + " stop",
        "'logit_bias': {'5': 101} | logit_bias.5",
        "'logit_bias': {'-1': 1} | logit_bias",
        "'logit_bias': {'frog': 1} | logit_bias",
        "'logit_bias': [[5]] | logit_bias[0]",
        "'n_predict': -3 | n_predict",
        "'n_predict': 0 | n_predict",
        "'min_tokens': 9, 'max_tokens': 8 | min_tokens",
        "'stop_token_ids': [2000] | stop_token_ids[0]",
        "'stream': 'yes' | stream",
        "'stream_options': {'include_usage': true} | stream_options",
        "'response_format': {'type': 'xml'} | response_format.type",
        "'response_format': {} | response_format.type",
        "'response_format': {'type': 'json_schema'} | response_format.json_schema",
        "'response_format': {'type': 'json_schema', 'json_schema': {}} |"
            + " response_format.json_schema.schema",
        "'response_format': {'type': 'json_schema', 'json_schema': {'schema': {'not': {}}}} |"
            + " response_format.json_schema.schema",
        "'structured_outputs': {'regex': '('} | structured_outputs.regex",
        "'structured_outputs': {'choice': []} | structured_outputs.choice",
        "'guided_json': '{' | guided_json",
        "'guided_choice': ['a'], 'guided_regex': 'a' | guided_choice",
        "'grammar': 'x' | grammar",
        "'tools': [] | tools",
        "'tools': [{'type': 'web_search'}] | tools[0].type",
        "'tools': [{'type': 'function', 'function': {'name': 'a b'}}] | tools[0].function.name",
        "'tools': [{'type': 'function', 'function': {'name': 'a', 'parameters': []}}] |"
            + " tools[0].function.parameters",
        "'tool_choice': 'required' | tool_choice",
        "'prediction': {'type': 'image'} | prediction.type",
        "'functions': [{'name': 'f'}] | functions",
        "'modalities': ['text', 'audio'] | modalities[1]",
        "'audio': {'voice': 'a'} | audio",
        "'echo': true | echo",
        "'bad_words': [' '] | bad_words",
        "'bad_words': 'a' | bad_words",
        "'allowed_token_ids': [] | allowed_token_ids",
        "'allowed_token_ids': [1, -1] | allowed_token_ids[1]",
        "'t_max_predict_ms': 'soon' | t_max_predict_ms",
        "'prompt_logprobs': 1 | prompt_logprobs",
        "'continue_final_message': true | continue_final_message",
      })
  void aChatCompletionIsRefusedByTheNameOfTheField(String fields, String param) {
    ApiError error = refusal(Endpoint.CHAT_COMPLETIONS, QUESTION + ", " + fields + "}");
    assertEquals(param, error.param(), error::message);
    assertEquals(400, error.status());
    assertEquals("invalid_request_error", error.type());
    assertTrue(error.message().startsWith(param + " "), error::message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | messages",
        "'hi' | messages",
        "[5] | messages[0]",
        "[{}] | messages[0].role",
        "[{'role': 'king', 'content': 'a'}] | messages[0].role",
        "[{'role': 'user'}] | messages[0].content",
        "[{'role': 'user', 'content': 5}] | messages[0].content",
        "[{'role': 'user', 'content': []}] | messages[0].content",
        "[{'role': 'user', 'content': '\\ud800'}] | messages[0].content",
        "[{'role': 'user', 'content': [{'type': 'image_url'}]}] | messages[0].content[0].type",
        "[{'role': 'user', 'content': [{'type': 'text'}]}] | messages[0].content[0].text",
        "[{'role': 'user', 'content': 'a'}, {'role': 'assistant'}] | messages[1]",
        "[{'role': 'tool', 'content': 'a'}] | messages[0].tool_call_id",
        "[{'role': 'assistant', 'tool_calls': [{'function': {}}]}] | messages[0].tool_calls[0].id",
        "[{'role': 'user', 'content': 'a'}, {'role': 'tool', 'tool_call_id': 'a', 'content': 'a'}]"
            + " | messages[1]",
      })
  void aMessageIsRefusedByItsPlace(String messages, String param) {
    ApiError error = refusal(Endpoint.CHAT_COMPLETIONS, "{'messages': " + messages + "}");
    assertEquals(param, error.param(), error::message);
    assertEquals(400, error.status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "COMPLETIONS | {} | prompt",
        "COMPLETIONS | {'prompt': []} | prompt",
        "COMPLETIONS | {'prompt': {}} | prompt",
        "COMPLETIONS | {'prompt': [5, 'a']} | prompt[1]",
        "COMPLETIONS | {'prompt': [1905]} | prompt[0]",
        "COMPLETIONS | {'prompt': 'a', 'suffix': 'b'} | suffix",
        "COMPLETIONS | {'prompt': 'a', 'best_of': 2} | best_of",
        "COMPLETIONS | {'prompt': 'a', 'logprobs': 6} | logprobs",
        "COMPLETIONS | {'prompt': 'a', 'logprobs': 1, 'echo': true} | echo",
        "RESPONSES | {} | input",
        "RESPONSES | {'input': 'a', 'previous_response_id': 'resp_1'} | previous_response_id",
        "RESPONSES | {'input': 'a', 'background': true} | background",
        "RESPONSES | {'input': 'a', 'truncation': 'auto'} | truncation",
        "RESPONSES | {'input': [{'type': 'item_reference', 'id': 'a'}]} | input[0].type",
        "RESPONSES | {'input': [{'role': 'king', 'content': 'a'}]} | input[0].role",
        "EMBEDDINGS | {'input': ''} | input",
        "EMBEDDINGS | {'input': 'a', 'dimensions': 64} | dimensions",
        "EMBEDDINGS | {'input': 'a', 'encoding_format': 'hex'} | encoding_format",
        "SCORE | {'text_1': 'a'} | text_2",
        "SCORE | {'text_1': ['a', 'b'], 'text_2': 'a'} | text_1",
        "CLASSIFY | {'input': 'a'} | model",
        "TOKENIZE | {} | prompt",
        "DETOKENIZE | {'tokens': [-1]} | tokens[0]",
      })
  void otherRequestsAreRefusedByTheNameOfTheField(String endpoint, String body, String param) {
    ApiError error = refusal(Endpoint.valueOf(endpoint), body);
    assertEquals(param, error.param(), error::message);
    assertEquals(400, error.status());
  }

  @Test
  void tooManyTextsAndToolsAreRefused() {
    String prompts = "['a'" + ", 'a'".repeat(99) + "]";
    assertEquals(
        "n", refusal(Endpoint.COMPLETIONS, "{'n': 21, 'prompt': " + prompts + "}").param());
    String tool = "{'type': 'function', 'function': {'name': 'f'}}";
    String tools = "[" + tool + (", " + tool).repeat(128) + "]";
    assertEquals(
        "tools",
        refusal(Endpoint.CHAT_COMPLETIONS, QUESTION + ", 'tools': " + tools + "}").param());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[", "{} {}", "[]", "5", "{\"a\": \"\u0001\"}"})
  void whatIsNoObjectIsRefused(String body) {
    assertEquals(400, refusal(Endpoint.CHAT_COMPLETIONS, body).status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "NaN | The body is no JSON: non-standard token 'NaN'.",
        "1e1001 | temperature must be a number from 0 to 2",
      })
  void faultsOfNumbersAreSaidInOneSentence(String number, String sentence) {
    ApiError error =
        refusal(Endpoint.CHAT_COMPLETIONS, QUESTION + ", 'temperature': " + number + "}");
    assertTrue(error.message().startsWith(sentence), error::message);
  }

  @Test
  void deepAndLongBodiesAreRefusedWithTheirBounds() {
    String deep = QUESTION + ", 'x': " + "[".repeat(300) + "]".repeat(300) + "}";
    assertEquals(
        "The body is no JSON: document nesting depth (201) exceeds the maximum allowed (200).",
        refusal(Endpoint.CHAT_COMPLETIONS, deep).message());
    String number = QUESTION + ", 'seed': " + "9".repeat(2000) + "}";
    assertEquals(
        "The body is no JSON: number value length (2000) exceeds the maximum allowed (1000).",
        refusal(Endpoint.CHAT_COMPLETIONS, number).message());
  }

  @Test
  void tooLongAPromptIsRefusedBeforeAnythingIsGenerated() {
    String words = "word ".repeat(5000);
    for (String body :
        List.of(
            "{'stream': true, 'messages': [{'role': 'user', 'content': '" + words + "'}]}",
            "{'messages': [{'role': 'user', 'content': '" + words + "'}], 'max_tokens': 1}")) {
      ApiError error = refusal(Endpoint.CHAT_COMPLETIONS, body);
      assertEquals(400, error.status());
      assertEquals("context_length_exceeded", error.code());
      assertEquals("messages", error.param());
    }
    assertEquals(
        "context_length_exceeded",
        refusal(Endpoint.COMPLETIONS, "{'prompt': '" + words + "'}").code());
    assertEquals(
        "context_length_exceeded",
        refusal(Endpoint.EMBEDDINGS, "{'input': '" + words + "'}").code());
  }

  @Test
  void unknownFieldsAndHarmlessOnesAreIgnored() {
    assertEquals(
        choice("'temperature': 0, 'max_tokens': 8"),
        choice(
            """
            'temperature': 0, 'max_tokens': 8, 'store': true, 'metadata': {'a': 'b'}, 'user': 'u',
            'service_tier': 'auto', 'reasoning_effort': 'low', 'verbosity': 'low', 'wibble': [1],
            'safety_identifier': 's', 'prompt_cache_key': 'k', 'cache_prompt': true, 'n': null,
            'parallel_tool_calls': true, 'tool_choice': 'none', 'stop': null, 'tools': null,
            'modalities': ['text'], 'prediction': {'type': 'content', 'content': 'Once upon'},
            'n_predict': -1, 'functions': [], 'echo': false, 'frequency_penalty': 0, 'logit_bias': null
            """));
  }

  @Test
  void withoutATemperatureTheNextTokenIsDrawn() {
    String drawn = text("'seed': 1, 'max_tokens': 30");
    assertEquals(drawn, text("'seed': 1, 'max_tokens': 30, 'temperature': 1, 'top_p': 1"));
    assertNotEquals(drawn, text("'seed': 2, 'max_tokens': 30"));
    assertNotEquals(drawn, text("'temperature': 0, 'max_tokens': 30"));
  }

  @Test
  void cutsOfTheDistributionLeaveTheLikeliest() {
    String greedy = text("'temperature': 0, 'max_tokens': 15");
    assertEquals(greedy, text("'seed': 1, 'top_k': 1, 'max_tokens': 15"));
    assertEquals(greedy, text("'seed': 1, 'top_p': 0, 'max_tokens': 15"));
    assertEquals(greedy, text("'seed': 1, 'min_p': 1, 'max_tokens': 15"));
    assertEquals(greedy, text("'seed': 1, 'temperature': 1e-4, 'max_tokens': 15"));
  }

  @Test
  void severalGreedyAnswersAreTheSame() {
    JsonNode answer =
        Models.answer(
            Models.STORY,
            Endpoint.CHAT_COMPLETIONS,
            QUESTION + ", 'temperature': 0, 'max_tokens': 8, 'n': 2}");
    assertEquals(answer.at("/choices/0/message"), answer.at("/choices/1/message"));
    assertEquals(16, answer.at("/usage/completion_tokens").intValue());
  }

  @Test
  void aStopStringEndsTheTextAndIsCutOff() {
    String whole = text("'temperature': 0, 'max_tokens': 60");
    String stop = whole.substring(20, 24);
    JsonNode choice =
        choice("'temperature': 0, 'max_tokens': 60, 'stop': ['" + stop + "', 'never']");
    assertEquals(
        whole.substring(0, whole.indexOf(stop)), choice.at("/message/content").stringValue());
    assertEquals("stop", choice.get("finish_reason").stringValue());
    String kept =
        text(
            "'temperature': 0, 'max_tokens': 60, 'include_stop_str_in_output': true, 'stop': '"
                + stop
                + "'");
    assertTrue(kept.contains(stop), kept);
  }

  @Test
  void aBiasBansAndForcesTokens() {
    int frog = TOKENIZER.encode("frog")[0];
    String forced = "'temperature': 0, 'max_tokens': 3, 'logit_bias': {'%d': 100}".formatted(frog);
    assertEquals("frog frog frog", text(forced));
    assertEquals("frog frog frog", text(forced.replaceAll("\\{'(\\d+)': 100}", "[[$1, 100]]")));
    int first = TOKENIZER.encode(text("'temperature': 0, 'max_tokens': 1"))[0];
    assertNotEquals(
        text("'temperature': 0, 'max_tokens': 1"),
        text("'temperature': 0, 'max_tokens': 1, 'logit_bias': [[%d, false]]".formatted(first)));
  }

  @Test
  void bannedWordsDoNotOccur() {
    String plain = text("'temperature': 0, 'max_tokens': 12");
    String word = plain.strip().split(" ")[2];
    String changed = text("'temperature': 0, 'max_tokens': 12, 'bad_words': ['" + word + "']");
    assertFalse(List.of(changed.strip().split(" ")).contains(word), changed);
  }

  @Test
  void onlyAllowedTokensOccur() {
    String once =
        completion("'max_tokens': 3, 'ignore_eos': true, 'allowed_token_ids': [620]")
            .get("text")
            .stringValue();
    assertEquals(" time time time", once);
  }

  @Test
  void aTextEndsWhenItsTimeIsUp() {
    JsonNode timed =
        Models.answer(
            Models.STORY,
            Endpoint.COMPLETIONS,
            "{'prompt': 'Once', 'max_tokens': 4000, 'ignore_eos': true, 't_max_predict_ms': 1}");
    assertEquals("length", timed.at("/choices/0/finish_reason").stringValue());
    assertTrue(timed.at("/usage/completion_tokens").intValue() < 4000);
  }

  @Test
  void theEndOfATextCanBeMovedByIds() {
    String whole = text("'temperature': 0, 'max_tokens': 30");
    int[] ids = TOKENIZER.encode(whole);
    JsonNode stopped =
        choice("'temperature': 0, 'max_tokens': 30, 'stop_token_ids': [%d]".formatted(ids[4]));
    assertEquals("stop", stopped.get("finish_reason").stringValue());
    assertTrue(whole.startsWith(stopped.at("/message/content").stringValue()));
    String ends = "'temperature': 0, 'logit_bias': {'2': 100}";
    assertEquals("", text(ends));
    assertEquals("stop", choice(ends).get("finish_reason").stringValue());
    assertNotEquals("", text(ends + ", 'min_tokens': 4"));
    assertEquals(
        "length",
        choice(ends + ", 'ignore_eos': true, 'max_tokens': 4").get("finish_reason").stringValue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"frequency_penalty", "presence_penalty"})
  void penaltiesOfOccurrencesChangeTheText(String penalty) {
    String plain = text("'temperature': 0, 'max_tokens': 40");
    assertNotEquals(plain, text("'temperature': 0, 'max_tokens': 40, '" + penalty + "': 2"));
    assertEquals(plain, text("'temperature': 0, 'max_tokens': 40, '" + penalty + "': 0"));
  }

  @Test
  void aRepetitionPenaltyChangesTheText() {
    String plain = text("'temperature': 0, 'max_tokens': 40");
    String penalised = text("'temperature': 0, 'max_tokens': 40, 'repetition_penalty': 1.5");
    assertNotEquals(plain, penalised);
    assertEquals(penalised, text("'temperature': 0, 'max_tokens': 40, 'repeat_penalty': 1.5"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'structured_outputs': {'regex': '[a-c]{3}'} | [a-c]{3}",
        "'structured_outputs': {'choice': ['yes', 'no']} | `yes|no`",
        "'structured_outputs': {'json': {'type': 'integer', 'maximum': 99}} | -?\\d+",
        "'guided_regex': '[a-c]{3}' | [a-c]{3}",
        "'guided_choice': ['yes', 'no'] | `yes|no`",
        "'guided_json': {'type': 'boolean'} | `true|false`",
        "'guided_grammar': 'root ::= [a-c]' | [a-c]",
        "'grammar': 'root ::= [a-c]' | [a-c]",
        "'json_schema': {'type': 'boolean'} | `true|false`",
        "'response_format': {'type': 'json_object'} | \\{.*\\}",
        "'response_format': {'type': 'json_object', 'schema': {'const': 5}} | 5",
        "'response_format': {'type': 'json_schema', 'json_schema': {'schema': {'const': 5}}} | 5",
        "'response_format': {'type': 'text'} | (?s).*",
      })
  void aTextHasTheFormThatIsAskedFor(String fields, String pattern) {
    String text = text("'seed': 3, 'max_tokens': 60, " + fields);
    assertTrue(text.matches(pattern), text);
  }

  @Test
  void logProbabilitiesBelongToTheTokensOfTheText() {
    JsonNode choice =
        choice("'temperature': 0, 'max_tokens': 12, 'logprobs': true, 'top_logprobs': 2");
    StringBuilder text = new StringBuilder();
    for (JsonNode token : choice.at("/logprobs/content")) {
      text.append(token.get("token").stringValue());
      assertEquals(2, token.get("top_logprobs").size());
      assertEquals(token.get("logprob"), token.at("/top_logprobs/0/logprob"));
      assertTrue(token.get("bytes").size() > 0);
    }
    assertEquals(choice.at("/message/content").stringValue(), text.toString().strip());
    assertTrue(choice.at("/logprobs/refusal").isNull());
  }

  @Test
  void aCompletionContinuesItsPrompt() {
    JsonNode plain = completion("'temperature': 0, 'max_tokens': 4");
    assertTrue(plain.get("text").stringValue().startsWith(" "), plain::toString);
    assertEquals(
        "Once upon a time" + plain.get("text").stringValue(),
        completion("'temperature': 0, 'max_tokens': 4, 'echo': true").get("text").stringValue());
    JsonNode logprobs =
        completion("'temperature': 0, 'max_tokens': 4, 'logprobs': 1").get("logprobs");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 4; i++) {
      assertEquals(text.length(), logprobs.at("/text_offset/" + i).intValue());
      String token = logprobs.at("/tokens/" + i).stringValue();
      text.append(token);
      assertEquals(
          logprobs.at("/token_logprobs/" + i), logprobs.at("/top_logprobs/" + i).get(token));
    }
    assertEquals(plain.get("text").stringValue(), text.toString());
    assertEquals(16, usage("{'prompt': 'Once', 'temperature': 0, 'ignore_eos': true}"));
  }

  private static int usage(String body) {
    return Models.answer(Models.STORY, Endpoint.COMPLETIONS, body)
        .at("/usage/completion_tokens")
        .intValue();
  }

  @Test
  void aMessageOfTheAssistantIsContinued() {
    String body =
        "{'temperature': 0, 'max_tokens': 5, 'messages': [{'role': 'user', 'content': 'Hi'},"
            + " {'role': 'assistant', 'content': 'Once upon a'%s}]%s}";
    JsonNode continued =
        Models.answer(
            Models.STORY,
            Endpoint.CHAT_COMPLETIONS,
            body.formatted("", ", 'continue_final_message': true, 'add_generation_prompt': false"));
    assertEquals(
        continued,
        Models.answer(
            Models.STORY, Endpoint.CHAT_COMPLETIONS, body.formatted(", 'prefix': true", "")));
    assertEquals("messages[1]", refusal(Endpoint.CHAT_COMPLETIONS, body.formatted("", "")).param());
  }

  @Test
  void rolesAreUnderstood() {
    String chat =
        "{'messages': [{'role': '%s', 'content': 'Be brief.'}, {'role': 'user', 'content':"
            + " [{'type': 'text', 'text': 'Hi'}]}]}";
    JsonNode ids = Models.answer(Models.STORY, Endpoint.TOKENIZE, chat.formatted("system"));
    assertEquals(ids, Models.answer(Models.STORY, Endpoint.TOKENIZE, chat.formatted("developer")));
    String calls =
        "{'messages': [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', %s}, %s]}";
    JsonNode old =
        Models.answer(
            Models.TOOLS,
            Endpoint.TOKENIZE,
            calls.formatted(
                "'function_call': {'name': 'f', 'arguments': '{}'}",
                "{'role': 'function', 'name': 'f', 'content': '5'}"));
    JsonNode current =
        Models.answer(
            Models.TOOLS,
            Endpoint.TOKENIZE,
            calls.formatted(
                "'tool_calls': [{'id': 'function', 'function': {'name': 'f', 'arguments': '{}'}}]",
                "{'role': 'tool', 'tool_call_id': 'function', 'content': '5'}"));
    assertEquals(current, old);
  }

  @Test
  void textsBecomeTokensAndTokensTexts() {
    JsonNode counted =
        Models.answer(
            Models.STORY,
            Endpoint.TOKENIZE,
            "{'prompt': 'Once upon a time', 'return_token_strs': true}");
    assertEquals(
        Models.json(
            """
            {'count': 5, 'max_model_len': 4096, 'tokens': [1, 419, 621, 261, 620],
             'token_strs': ['<s>', '▁Once', '▁upon', '▁a', '▁time']}
            """),
        counted);
    assertEquals(
        Models.json("{'tokens': [{'id': 419, 'piece': ' Once'}]}"),
        Models.answer(Models.STORY, Endpoint.TOKENIZE, "{'content': 'Once', 'with_pieces': true}"));
    assertEquals(
        "Once upon a time",
        Models.answer(Models.STORY, Endpoint.DETOKENIZE, "{'tokens': [419, 621, 261, 620]}")
            .get("prompt")
            .stringValue());
  }

  @Test
  void scoresAreCosines() {
    JsonNode scores =
        Models.answer(
            Models.STORY, Endpoint.SCORE, "{'text_1': 'a frog', 'text_2': ['a frog', 'An owl!']}");
    assertEquals(1, scores.at("/data/0/score").doubleValue(), 1e-6);
    assertTrue(scores.at("/data/1/score").doubleValue() < 0.999);
    assertEquals("score-stamp", scores.get("id").stringValue());
  }

  @Test
  void errorsAreObjects() {
    JsonNode error = refusal(Endpoint.CHAT_COMPLETIONS, QUESTION + ", 'n': 0}").toJson();
    assertEquals(
        JsonMapper.shared()
            .readTree(
                """
                {"error": {"message": "n must be a whole number from 1 to 128, but is 0.",
                 "type": "invalid_request_error", "param": "n", "code": "invalid_value"}}
                """),
        error);
  }
}
