package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.EmbeddingConfig.Pooling;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.testkit.Fixtures;
import io.github.jmixtral.testkit.Golden;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class EmbeddingTest {
  private static final EmbeddingConfig MEAN = EmbeddingConfig.defaults();
  private static final EmbeddingConfig LAST = MEAN.withPooling(Pooling.LAST_TOKEN);
  private static final List<Prompt> PROMPTS =
      Prompt.texts(
          "Once upon a time",
          "there was a patient frog called Ada",
          "",
          "One day Otto went to the garden with the big apple. The day was cloudy.");

  @Test
  void vectorsAreThePooledStatesOfTheReference() {
    try (Golden golden = Golden.open("full-f32");
        var model = MixtralForCausalLM.fromPretrained(Fixtures.folder("full-f32"))) {
      int hidden = model.config().hiddenSize();
      int layers = model.config().numHiddenLayers();
      for (int prompt = 0; prompt < 3; prompt++) {
        int[] ids = golden.ids("prompt" + prompt + ".input_ids")[0];
        float[] states = golden.floats("prompt" + prompt + ".hidden_states." + layers);
        float[] mean = new float[hidden];
        double squares = 0;
        for (int i = 0; i < hidden; i++) {
          double sum = 0;
          for (int t = 0; t < ids.length; t++) {
            sum += states[t * hidden + i];
          }
          mean[i] = (float) (sum / ids.length);
          squares += sum / ids.length * sum / ids.length;
        }
        float[] unit = new float[hidden];
        for (int i = 0; i < hidden; i++) {
          unit[i] = (float) (mean[i] / Math.sqrt(squares));
        }
        float[] last = Arrays.copyOfRange(states, (ids.length - 1) * hidden, ids.length * hidden);
        List<Prompt> input = List.of(Prompt.ids(ids));
        Golden.assertClose("mean", mean, model.embed(input, MEAN)[0], 2e-5);
        Golden.assertClose("last", last, model.embed(input, LAST)[0], 2e-5);
        Golden.assertClose("unit", unit, model.embed(input, MEAN.withNormalized(true))[0], 2e-5);
      }
    }
  }

  @Test
  void aTextsVectorDoesNotDependOnItsNeighboursNorOnChunks() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.storyteller());
        var chunked =
            MixtralForCausalLM.fromPretrained(
                Fixtures.storyteller(), LoadOptions.defaults().withChunkTokens(9))) {
      for (EmbeddingConfig config : List.of(MEAN, LAST, LAST.withNormalized(true))) {
        float[][] together = model.embed(PROMPTS, config);
        for (int i = 0; i < PROMPTS.size(); i++) {
          List<Prompt> alone = List.of(PROMPTS.get(i));
          assertArrayEquals(together[i], model.embed(alone, config)[0]);
          assertArrayEquals(together[i], chunked.embed(alone, config)[0]);
        }
        assertArrayEquals(together, chunked.embed(PROMPTS, config));
      }
      assertArrayEquals(model.embed(PROMPTS, MEAN)[1], model.embed(PROMPTS.get(1)));
    }
  }

  @Test
  void nothingToEmbedIsAnError() {
    try (var model = MixtralForCausalLM.fromPretrained(Fixtures.folder("full-f32"))) {
      assertThrows(IllegalArgumentException.class, () -> model.embed(List.of(Prompt.ids()), MEAN));
      assertThrows(
          IllegalArgumentException.class,
          () -> model.embed(List.of(Prompt.ids(1), Prompt.ids()), MEAN));
      assertThrows(
          IllegalArgumentException.class, () -> model.embed(List.of(Prompt.ids(1, 512)), MEAN));
      assertEquals(0, model.embed(List.of(), MEAN).length);
    }
  }
}
