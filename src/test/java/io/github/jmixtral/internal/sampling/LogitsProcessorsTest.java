package io.github.jmixtral.internal.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.generation.LogitsProcessor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which processors a configuration asks for, in which order; and the penalties and bans alone. */
@RunsOnce
class LogitsProcessorsTest {
  private static final float REMOVED = Float.NEGATIVE_INFINITY;
  private static final int VOCAB = 8;
  private static final int[] END = {2};

  @Test
  void nothingSetAsksForNoProcessor() {
    assertEquals(List.of(), processors(GenerationConfig.inherit().withDoSample(true), 3));
  }

  @Test
  void neutralValuesAskForNoProcessor() {
    GenerationConfig neutral =
        GenerationConfig.inherit()
            .withDoSample(true)
            .withTemperature(1)
            .withTopK(0)
            .withTopP(1)
            .withMinP(0)
            .withTypicalP(1)
            .withEpsilonCutoff(0)
            .withEtaCutoff(1)
            .withRepetitionPenalty(1)
            .withForcedEosTokenIds()
            .withFrequencyPenalty(0)
            .withPresencePenalty(0)
            .withNoRepeatNgramSize(0)
            .withMinLength(0)
            .withMinNewTokens(0)
            .withRenormalizeLogits(false)
            .withRemoveInvalidValues(false);
    assertEquals(List.of(), processors(neutral, 3));
  }

  /** μ[j] − c[j] · frequency − (c[j] > 0) · presence, where c counts the new text only. */
  @ParameterizedTest
  @CsvSource({"0.5, 0.25", "-1.5, 2", "2, 0", "0, -2"})
  void occurrencePenaltiesFollowTheFormula(double frequency, double presence) {
    var processor = new Penalties.Occurrence(frequency, presence, VOCAB);
    IdSequence sequence = new IdSequence(new int[] {1, 6, 6}, 8);
    int[] counts = new int[VOCAB];
    for (int id : new int[] {4, 6, 4, 4, 0}) {
      float[] logits = {1, -1, 0, 3, 0.5f, Float.NEGATIVE_INFINITY, 2, -2};
      float[] expected = logits.clone();
      for (int j = 0; j < VOCAB; j++) {
        expected[j] -= (float) (counts[j] * frequency + (counts[j] > 0 ? presence : 0));
      }
      processor.process(sequence, logits);
      assertArrayEquals(expected, logits);
      sequence.append(id);
      counts[id]++;
    }
  }

  @Test
  void greedyDecodingLeavesOutTheWarpers() {
    GenerationConfig config =
        GenerationConfig.inherit().withTemperature(0.5).withTopK(3).withRepetitionPenalty(2);
    assertEquals(List.of(Penalties.Repetition.class), kinds(config, 3));
  }

  @Test
  void processorsComeInTheOrderOfTheReference() {
    LogitsProcessor custom = (sequence, logits) -> {};
    GenerationConfig config =
        GenerationConfig.inherit()
            .withDoSample(true)
            .withRenormalizeLogits(true)
            .withEtaCutoff(0.1)
            .withEpsilonCutoff(0.1)
            .withTypicalP(0.5)
            .withMinP(0.5)
            .withTopP(0.5)
            .withTopK(5)
            .withTemperature(0.5)
            .withBeginSuppressTokens(3)
            .withSuppressTokens(3)
            .withExponentialDecayLengthPenalty(1, 1.1)
            .withRemoveInvalidValues(true)
            .withForcedEosTokenIds(2)
            .withForcedBosTokenId(1)
            .withMinNewTokens(3)
            .withBadWordsIds(new int[] {4})
            .withNoRepeatNgramSize(3)
            .withPresencePenalty(0.5)
            .withRepetitionPenalty(1.1)
            .withSequenceBias(new SequenceBias(1, 4));
    List<LogitsProcessor> processors = LogitsProcessors.of(config, 3, 100, VOCAB, List.of(custom));
    assertEquals(
        List.of(
            Penalties.Bias.class,
            Penalties.Repetition.class,
            Penalties.Occurrence.class,
            Bans.NoRepeatNgram.class,
            Penalties.Bias.class,
            Bans.MinLength.class,
            Bans.Forced.class,
            Bans.Forced.class,
            Rescalings.ValidValues.class,
            Penalties.ExponentialDecay.class,
            Bans.Suppress.class,
            Bans.BeginSuppress.class,
            custom.getClass(),
            Rescalings.Temperature.class,
            Cuts.TopK.class,
            Cuts.TopP.class,
            Cuts.MinP.class,
            Cuts.Typical.class,
            Cuts.Epsilon.class,
            Cuts.Eta.class,
            Rescalings.Normalization.class),
        processors.stream().map(Object::getClass).toList());
  }

  @Test
  void repetitionPenaltyCountsAnIdOnceAndTurnsNegativesDown() {
    assertArrayEquals(
        new float[] {1, 1, -4, 1, 1, 0, 1, 1},
        process(
            new Penalties.Repetition(2, VOCAB),
            new int[] {1, 2, 1, 5},
            new float[] {1, 2, -2, 1, 1, 0, 1, 1}));
  }

  @Test
  void noRepeatNgramRemovesWhatFollowedBefore() {
    float[] logits = new float[VOCAB];
    assertArrayEquals(
        new float[] {0, 0, 0, 0, 0, 0, 0, REMOVED},
        process(new Bans.NoRepeatNgram(3), new int[] {5, 6, 7, 1, 5, 6}, logits));
    assertArrayEquals(
        logits, process(new Bans.NoRepeatNgram(4), new int[] {5, 6, 7, 1, 5, 6}, logits));
    assertArrayEquals(
        new float[] {0, REMOVED, 0, 0, 0, REMOVED, 0, 0},
        process(new Bans.NoRepeatNgram(1), new int[] {5, 1}, logits));
    assertArrayEquals(logits, process(new Bans.NoRepeatNgram(3), new int[] {5}, logits));
  }

  @Test
  void overlappingRepetitionsAreFound() {
    assertArrayEquals(
        new float[] {0, 0, 0, 0, REMOVED, 0, 0, 0},
        process(new Bans.NoRepeatNgram(3), new int[] {4, 4, 4}, new float[VOCAB]));
  }

  @Test
  void badWordsBanTheirLastIdAfterTheOthersOnly() {
    var processor = Penalties.Bias.banning(new int[][] {{3}, {5, 6}, {2}, {2, 7}}, new int[] {2});
    assertArrayEquals(
        new float[] {0, 0, 0, REMOVED, 0, 0, REMOVED, 0},
        process(processor, new int[] {1, 5}, new float[VOCAB]));
    assertArrayEquals(
        new float[] {0, 0, 0, REMOVED, 0, 0, 0, REMOVED},
        process(processor, new int[] {5, 2}, new float[VOCAB]));
  }

  @Test
  void minNewTokensCountFromThePrompt() {
    GenerationConfig config = GenerationConfig.inherit().withMinNewTokens(2).withEosTokenIds(2, 4);
    LogitsProcessor processor = processors(config, 3).getFirst();
    var sequence = new IdSequence(new int[] {1, 1, 1}, 4);
    float[] blocked = {0, 0, REMOVED, 0, REMOVED, 0, 0, 0};
    assertArrayEquals(blocked, process(processor, sequence, new float[VOCAB]));
    sequence.append(5);
    assertArrayEquals(blocked, process(processor, sequence, new float[VOCAB]));
    sequence.append(5);
    assertArrayEquals(new float[VOCAB], process(processor, sequence, new float[VOCAB]));
  }

  @Test
  void aMinimumOfNewTokensTakesThePlaceOfOneOfAllIds() {
    GenerationConfig config = GenerationConfig.inherit().withMinLength(6).withEosTokenIds(END);
    assertEnds(3, config);
    assertEnds(1, config.withMinNewTokens(1));
    assertEnds(0, config.withMinNewTokens(0));
  }

  /** How many new tokens after three others must come before the text may end. */
  private static void assertEnds(int expected, GenerationConfig config) {
    var sequence = new IdSequence(new int[] {1, 1, 1}, 4);
    List<LogitsProcessor> processors = processors(config, 3);
    for (int count = 0; count <= expected; count++) {
      float[] logits = new float[VOCAB];
      processors.forEach(processor -> processor.process(sequence, logits));
      assertEquals(count == expected ? 0 : REMOVED, logits[2], config + " after " + count);
      sequence.append(5);
    }
  }

  @ParameterizedTest
  @CsvSource({"'', 2", "2, 2", "2 4, 3"})
  void beamsKeepATokenBesideTheEndsWhateverIsCut(String ends, int kept) {
    int[] ids =
        ends.isEmpty()
            ? new int[0]
            : Stream.of(ends.split(" ")).mapToInt(Integer::parseInt).toArray();
    GenerationConfig config =
        GenerationConfig.inherit()
            .withDoSample(true)
            .withNumBeams(2)
            .withEosTokenIds(ids)
            .withTopK(1)
            .withTopP(0)
            .withMinP(1)
            .withTypicalP(1e-9)
            .withEpsilonCutoff(0.9)
            .withEtaCutoff(0.9);
    float[] logits = {1, 2, 3, 4, 5, 6, 7, 8};
    for (LogitsProcessor processor : processors(config, 1)) {
      processor.process(new IdSequence(new int[] {1}, 0), logits);
    }
    int left = 0;
    for (float logit : logits) {
      left += logit == REMOVED ? 0 : 1;
    }
    assertEquals(kept, left);
  }

  @Test
  void biasedAndBannedIdsOutsideTheVocabularyAreRefused() {
    GenerationConfig config = GenerationConfig.inherit();
    assertRefused(
        "sequence_bias: expected ids 0 … 7, found 8",
        config.withSequenceBias(new SequenceBias(1, 1, 8)));
    assertRefused(
        "bad_words_ids: expected ids 0 … 7, found 900",
        config.withBadWordsIds(new int[] {1}, new int[] {2, 900}));
  }

  private static void assertRefused(String message, GenerationConfig config) {
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> processors(config, 1)).getMessage());
  }

  @Test
  void anIdOutsideTheVocabularyIsSuppressedForNothing() {
    assertArrayEquals(
        new float[VOCAB],
        process(new Bans.Suppress(new int[] {900}), new int[] {1}, new float[VOCAB]));
  }

  @Test
  void theFirstNewTokenIsSuppressedAfterAForcedOne() {
    GenerationConfig config =
        GenerationConfig.inherit().withBeginSuppressTokens(3).withForcedBosTokenId(1);
    LogitsProcessor processor = processors(config, 1).getLast();
    float[] suppressed = {0, 0, 0, REMOVED, 0, 0, 0, 0};
    assertArrayEquals(new float[VOCAB], process(processor, new int[] {1}, new float[VOCAB]));
    assertArrayEquals(suppressed, process(processor, new int[] {1, 1}, new float[VOCAB]));
  }

  @Test
  void forcedIdsOutsideTheVocabularyAreRefused() {
    assertRefused(
        "forced_eos_token_id: expected ids 0 … 7, found 8",
        GenerationConfig.inherit().withForcedEosTokenIds(8));
  }

  @Test
  void exponentialDecayLeavesARemovedEndRemoved() {
    var processor = new Penalties.ExponentialDecay(0, 2, new int[] {2});
    var sequence = new IdSequence(new int[] {1}, 2);
    float[] logits = {0, 0, REMOVED, 0, 0, 0, 0, 0};
    sequence.append(3);
    assertArrayEquals(logits, process(processor, sequence, logits));
    assertArrayEquals(
        new float[] {0, 0, -3 + 3 * (2 - 1), 0, 0, 0, 0, 0},
        process(processor, sequence, new float[] {0, 0, -3, 0, 0, 0, 0, 0}));
  }

  @Test
  void invalidValuesBecomeNumbers() {
    assertArrayEquals(
        new float[] {0, Float.MAX_VALUE, -Float.MAX_VALUE, 2},
        process(
            new Rescalings.ValidValues(),
            new int[] {1},
            new float[] {Float.NaN, Float.POSITIVE_INFINITY, REMOVED, 2}));
  }

  private static List<LogitsProcessor> processors(GenerationConfig config, int promptLength) {
    return LogitsProcessors.of(config, promptLength, 100, VOCAB, List.of());
  }

  private static List<?> kinds(GenerationConfig config, int promptLength) {
    return processors(config, promptLength).stream().map(Object::getClass).toList();
  }

  private static float[] process(LogitsProcessor processor, int[] ids, float[] logits) {
    return process(processor, new IdSequence(ids, 0), logits);
  }

  private static float[] process(LogitsProcessor processor, IdSequence sequence, float[] logits) {
    float[] copy = logits.clone();
    processor.process(sequence, copy);
    return copy;
  }
}
