package io.github.jmixtral.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.Classification;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.testkit.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A model with a classifier's head. */
class ClassifierTest {
  private static MixtralForSequenceClassification model;
  private static OpenAiApi api;

  @BeforeAll
  static void loadModel() {
    model = MixtralForSequenceClassification.fromPretrained(Fixtures.folder("classifier-f32"));
    api = new OpenAiApi(ServedModel.of("mood", model).withAliases("default"));
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @Test
  void inputsAreLabelled() {
    Classification expected = model.classify(new int[] {1, 5, 6});
    JsonNode answer =
        Models.answer(api, Endpoint.CLASSIFY, "{'model': 'default', 'input': [[1, 5, 6], [1, 7]]}");
    JsonNode first = answer.at("/data/0");
    assertEquals(expected.best().name(), first.get("label").stringValue());
    assertEquals(expected.labels().size(), first.get("num_classes").intValue());
    for (int i = 0; i < expected.labels().size(); i++) {
      assertEquals(expected.labels().get(i).probability(), first.get("probs").get(i).doubleValue());
    }
    assertEquals("classify-stamp", answer.get("id").stringValue());
    assertEquals("mood", answer.get("model").stringValue());
    assertEquals(5, answer.at("/usage/prompt_tokens").intValue());
    assertEquals(1, answer.at("/data/1/index").intValue());
  }

  @Test
  void itGeneratesNothingAndSaysSo() {
    for (String body :
        new String[] {"{'messages': [{'role': 'user', 'content': 'a'}]}", "{'prompt': [5]}"}) {
      Endpoint endpoint =
          body.contains("prompt") ? Endpoint.COMPLETIONS : Endpoint.CHAT_COMPLETIONS;
      ApiError error = Models.refusal(api, endpoint, body);
      assertEquals(400, error.status());
      assertEquals("model", error.param());
    }
    ApiError error = Models.refusal(api, Endpoint.EMBEDDINGS, "{'input': [5]}");
    assertTrue(error.message().contains("/v1/classify"), error::message);
  }

  @Test
  void severalLabelsAreNoScore() {
    ApiError error = Models.refusal(api, Endpoint.SCORE, "{'text_1': 'a', 'text_2': 'b'}");
    assertEquals("model", error.param());
    assertTrue(error.message().contains("3 labels"), error::message);
  }

  @Test
  void aModelOfOneLabelScoresPairs(@TempDir Path folder) throws IOException {
    try (var scoring =
        MixtralForSequenceClassification.fromPretrained(OneLabelModel.write(folder))) {
      OpenAiApi scores = new OpenAiApi(ServedModel.of("score", scoring));
      int[] pair =
          IntStream.concat(
                  IntStream.of(scoring.tokenizer().encode("a frog", true)),
                  IntStream.of(scoring.tokenizer().encode("an owl", true)))
              .toArray();
      double value = scoring.classify(pair).best().probability();
      JsonNode answer =
          Models.answer(
              scores, Endpoint.SCORE, "{'text_1': 'a frog', 'text_2': ['an owl', 'a lake']}");
      assertEquals(1 / (1 + Math.exp(-value)), answer.at("/data/0/score").doubleValue());
      assertEquals(2, answer.get("data").size());
      assertTrue(answer.at("/usage/prompt_tokens").intValue() > pair.length);
      ApiError error = Models.refusal(scores, Endpoint.EMBEDDINGS, "{'input': 'a'}");
      assertEquals("model", error.param());
    }
  }
}
