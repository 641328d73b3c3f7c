package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Greedy decoding gives the reference's ids. */
class GreedyGoldenTest {
  private static final String CHAT_START = "[INST] ";
  private static final String CHAT_END = " [/INST]";

  @ParameterizedTest
  @CsvSource({"full-f32, 24", "sharded-f32, 24", "fused-v5-f32, 24", "window-bf16, 40"})
  void greedyIdsEqualTheReference(String name, int newTokens) {
    GenerationConfig plain = GenerationConfig.inherit().withMaxNewTokens(newTokens);
    String expected = name.equals("window-bf16") ? name : "full-f32";
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.folder(name));
        Arena arena = Arena.ofConfined()) {
      SafetensorsFile goldens =
          SafetensorsFile.open(Fixtures.folder(expected).resolve("expected.safetensors"), arena);
      for (int prompt = 0; prompt < 3; prompt++) {
        String place = "prompt" + prompt;
        int[] promptIds = ids(goldens.tensor(place + ".input_ids"));
        assertContinues(goldens.tensor(place + ".greedy"), model, promptIds, plain);
        assertContinues(
            goldens.tensor(place + ".greedy_repetition_penalty_1.3"),
            model,
            promptIds,
            plain.withRepetitionPenalty(1.3));
        assertContinues(
            goldens.tensor(place + ".greedy_no_repeat_ngram_3"),
            model,
            promptIds,
            plain.withNoRepeatNgramSize(3));
      }
    }
  }

  @Test
  void theStorytellerContinuesIdsAsTheReferenceDoes() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      for (JsonNode story : stories()) {
        GenerationConfig config = GenerationConfig.inherit();
        if (story.has("min_new_tokens")) {
          int count = story.get("min_new_tokens").intValue();
          config = config.withMinNewTokens(count).withMaxNewTokens(count);
        }
        Generation generation = model.generate(Prompt.ids(ids(story.get("prompt_ids"))), config);
        assertStory(story, generation);
        assertEquals(
            story.has("min_new_tokens") ? FinishReason.LENGTH : FinishReason.EOS,
            generation.finishReason());
      }
    }
  }

  @Test
  void theStorytellerContinuesTextsAndAnswersChatsAsTheReferenceDoes() {
    int texts = 0;
    int chats = 0;
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      for (JsonNode story : stories()) {
        if (story.get("prompt").isNull()) {
          continue;
        }
        String prompt = story.get("prompt").stringValue();
        if (prompt.startsWith(CHAT_START)) {
          String question =
              prompt.substring(CHAT_START.length(), prompt.length() - CHAT_END.length());
          assertStory(story, model.generate(List.of(ChatMessage.user(question))));
          chats++;
        } else {
          assertStory(story, model.generate(Prompt.text(prompt), GenerationConfig.inherit()));
          texts++;
        }
      }
    }
    assertEquals(3, texts);
    assertEquals(4, chats);
  }

  private static void assertStory(JsonNode story, Generation generation) {
    assertArrayEquals(ids(story.get("prompt_ids")), generation.promptIds());
    assertArrayEquals(ids(story.get("new_ids")), generation.ids());
    assertEquals(story.get("text").stringValue(), generation.text());
  }

  private static void assertContinues(
      TensorEntry golden, MixtralForCausalLM model, int[] promptIds, GenerationConfig config) {
    int[] whole = ids(golden);
    Generation generation = model.generate(Prompt.ids(promptIds), config);
    assertArrayEquals(
        Arrays.copyOfRange(whole, promptIds.length, whole.length),
        generation.ids(),
        golden.place());
  }

  private static JsonNode stories() {
    return JsonFile.read(Fixtures.storyteller().resolve("evaluation/greedy.json"));
  }

  private static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    Arrays.setAll(ids, i -> array.get(i).intValue());
    return ids;
  }

  private static int[] ids(TensorEntry tensor) {
    var layout = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    int[] ids = new int[(int) (tensor.data().byteSize() / Long.BYTES)];
    Arrays.setAll(ids, i -> (int) tensor.data().getAtIndex(layout, i));
    return ids;
  }
}
