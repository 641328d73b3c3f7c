package io.github.jmixtral.internal.decoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.EarlyStopping;
import io.github.jmixtral.config.GenerationConfig;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

@RunsOnce
class DecodingSettingsTest {
  @Test
  void beamsAndOutputsHaveTheReferencesDefaults() {
    GenerationConfig config = GenerationConfig.inherit();
    assertEquals(new BeamSettings(1, 1, EarlyStopping.HEURISTIC, 1), BeamSettings.of(config));
    assertEquals(
        new OutputSettings(false, false, false, false, false, OptionalInt.empty()),
        OutputSettings.of(config));
    assertFalse(OutputSettings.of(config).any());
  }
}
