package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.config.EarlyStopping;
import io.github.jmixtral.config.GenerationConfig;

/**
 * How many texts a generation follows and returns, with the defaults filled in.
 *
 * @param numBeams texts that are followed at once; 1 for no beam search
 * @param lengthPenalty exponent of the length that a text's score is divided by
 * @param earlyStopping when the search ends before the length does
 * @param numReturnSequences texts that are returned for each prompt
 */
record BeamSettings(
    int numBeams, double lengthPenalty, EarlyStopping earlyStopping, int numReturnSequences) {

  static BeamSettings of(GenerationConfig config) {
    return new BeamSettings(
        config.numBeams().orElse(1),
        config.setting("length_penalty", Double.class).orElse(1.0),
        config.setting("early_stopping", EarlyStopping.class).orElse(EarlyStopping.HEURISTIC),
        config.numReturnSequences().orElse(1));
  }
}
