package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import io.github.jmixtral.testkit.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MixtralModelTest {
  private static final int[] IDS = {1, 419, 621, 261, 620};

  private static MixtralModel storyteller() {
    return MixtralModel.fromPretrained(Fixtures.storyteller());
  }

  @Test
  void itsStatesAreThoseThatTheLanguageModelsHeadReads() {
    ModelInput input = ModelInput.ofIds(IDS).withOutputHiddenStates(true);
    try (var model = storyteller();
        var whole = MixtralForCausalLM.fromPretrained(Fixtures.storyteller())) {
      ModelOutput output = model.forward(input);
      assertArrayEquals(whole.forward(input).hiddenStates().getLast(), output.lastHiddenState());
      assertArrayEquals(output.hiddenStates().getLast(), output.lastHiddenState());
      assertEquals(whole.config(), model.config());
    }
  }

  @Test
  void aCacheContinuesItsSequence() {
    try (var model = storyteller();
        KeyValueCache cache = model.newCache()) {
      float[][] whole = model.forward(ModelInput.ofIds(IDS)).lastHiddenState()[0];
      model.forward(ModelInput.ofIds(new int[] {1, 419, 621}).withCache(cache));
      float[][] rest =
          model.forward(ModelInput.ofIds(new int[] {261, 620}).withCache(cache))
              .lastHiddenState()[0];
      assertArrayEquals(new float[][] {whole[3], whole[4]}, rest);
      assertEquals(IDS.length, cache.length());
    }
  }

  @Test
  void aSavedModelComputesTheSame(@TempDir Path folder) {
    Path saved = folder.resolve("saved");
    float[][][] expected;
    try (var model = storyteller()) {
      expected = model.forward(ModelInput.ofIds(IDS)).lastHiddenState();
      model.savePretrained(saved);
    }
    LoadOptions one = LoadOptions.defaults().withThreads(1);
    try (var model = MixtralModel.fromPretrained(saved.toString(), one)) {
      assertArrayEquals(expected, model.forward(ModelInput.ofIds(IDS)).lastHiddenState());
    }
  }

  @Test
  void labelsAreRefused() {
    try (var model = storyteller()) {
      ModelInput input = ModelInput.ofIds(IDS).withLabels(new int[][] {IDS});
      assertEquals(
          "labels: a model without a head has no loss; leave them out",
          assertThrows(IllegalArgumentException.class, () -> model.forward(input)).getMessage());
    }
  }

  @Test
  void aClosedModelRefusesCalls() {
    MixtralModel model = storyteller();
    model.close();
    model.close();
    assertEquals(
        "the model is closed",
        assertThrows(IllegalStateException.class, () -> model.forward(ModelInput.ofIds(IDS)))
            .getMessage());
  }
}
