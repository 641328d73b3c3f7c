package io.github.jmixtral.config;

/**
 * How many texts a generation follows and returns, with the defaults filled in.
 *
 * @param numBeams texts that are followed at once; 1 for no beam search
 * @param lengthPenalty exponent of the length that a text's score is divided by
 * @param earlyStopping when the search ends before the length does
 * @param numReturnSequences texts that are returned for each prompt
 */
public record BeamSettings(
    int numBeams, double lengthPenalty, EarlyStopping earlyStopping, int numReturnSequences) {}
