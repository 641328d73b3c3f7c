package io.github.jmixtral.internal.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.internal.format.SafetensorsFile;
import io.github.jmixtral.internal.format.TensorEntry;
import io.github.jmixtral.testkit.Fixtures;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Each processor against the reference's on the same four rows: 20 ids each, of which 18 are the
 * prompt, over 512 logits; eos is 2. The same entries must be removed, the others equal to 1e-5.
 */
@RunsOnce
class LogitsProcessorGoldenTest {
  private static final int PROMPT = 18;
  private static final int VOCAB = 512;
  private static final int[] EOS = {2};
  private static final float TOLERANCE = 1e-5f;

  private Arena arena;
  private SafetensorsFile goldens;

  @BeforeEach
  void openGoldens() {
    arena = Arena.ofConfined();
    goldens = SafetensorsFile.open(Fixtures.file("logits_processors.safetensors"), arena);
  }

  @AfterEach
  void closeGoldens() {
    arena.close();
  }

  @Test
  void temperatureEqualsTheReference() {
    assertEqualsGolden("temperature_0.7", new Rescalings.Temperature(0.7));
  }

  @Test
  void topKEqualsTheReference() {
    assertEqualsGolden("top_k_40", new Cuts.TopK(40, VOCAB));
  }

  @Test
  void topPEqualsTheReference() {
    assertEqualsGolden("top_p_0.9", new Cuts.TopP(0.9, VOCAB));
  }

  @Test
  void minPEqualsTheReference() {
    assertEqualsGolden("min_p_0.05", new Cuts.MinP(0.05));
  }

  @Test
  void typicalPEqualsTheReference() {
    assertEqualsGolden("typical_p_0.8", new Cuts.Typical(0.8, VOCAB, 1));
  }

  @Test
  void epsilonCutoffEqualsTheReference() {
    assertEqualsGolden("epsilon_0.003", new Cuts.Epsilon(0.003));
  }

  @Test
  void etaCutoffEqualsTheReference() {
    assertEqualsGolden("eta_0.003", new Cuts.Eta(0.003));
  }

  @Test
  void repetitionPenaltyEqualsTheReference() {
    assertEqualsGolden("repetition_penalty_1.2", new Penalties.Repetition(1.2, VOCAB));
  }

  @Test
  void noRepeatNgramEqualsTheReference() {
    assertEqualsGolden("no_repeat_ngram_3", new Bans.NoRepeatNgram(3));
  }

  @Test
  void badWordsEqualTheReference() {
    int lastOfRow0 = inputIds(0)[19];
    assertEqualsGolden(
        "bad_words", Penalties.Bias.banning(new int[][] {{7}, {lastOfRow0, 9}}, EOS));
  }

  @Test
  void minNewTokensEqualTheReference() {
    GenerationConfig config = GenerationConfig.inherit().withEosTokenIds(EOS).withMinNewTokens(5);
    assertEqualsGolden("min_new_tokens_5_of_2", config);
  }

  @Test
  void minLengthEqualsTheReference() {
    assertEqualsGolden("min_length_21", new Bans.MinLength(21, EOS));
  }

  @Test
  void suppressedTokensEqualTheReference() {
    assertEqualsGolden("suppress_5_6_7", new Bans.Suppress(new int[] {5, 6, 7}));
  }

  @Test
  void tokensSuppressedAtTheBeginEqualTheReference() {
    assertEqualsGolden("begin_suppress_5_at_20", new Bans.BeginSuppress(new int[] {5}, 20));
    assertEqualsGolden("begin_suppress_5_at_19", new Bans.BeginSuppress(new int[] {5}, 19));
  }

  @Test
  void sequenceBiasEqualsTheReference() {
    int lastOfRow1 = inputIds(1)[19];
    assertEqualsGolden(
        "sequence_bias",
        new Penalties.Bias(
            new SequenceBias(2.5, 11),
            new SequenceBias(-4.0, lastOfRow1, 12),
            new SequenceBias(9.0, 499, 12)));
  }

  @Test
  void exponentialDecayEqualsTheReference() {
    assertEqualsGolden(
        "exponential_decay_start_1_factor_1.2_prompt_18",
        new Penalties.ExponentialDecay(1, 1.2, EOS));
  }

  @Test
  void forcedTokensEqualTheReference() {
    assertEqualsGolden("forced_bos_1_at_20", new Bans.Forced(1, new int[] {1}));
    assertEqualsGolden("forced_eos_2_max_length_21", new Bans.Forced(20, EOS));
    assertEqualsGolden("forced_eos_2_max_length_22", new Bans.Forced(21, EOS));
  }

  @Test
  void normalizationEqualsTheReference() {
    assertEqualsGolden("renormalize", new Rescalings.Normalization());
  }

  @Test
  void theChainOfAConfigurationEqualsTheReference() {
    GenerationConfig config =
        GenerationConfig.inherit()
            .withEosTokenIds(EOS)
            .withDoSample(true)
            .withTypicalP(0.95)
            .withMinP(0.02)
            .withTopP(0.9)
            .withTopK(40)
            .withTemperature(0.7)
            .withSuppressTokens(5, 6, 7)
            .withMinNewTokens(5)
            .withNoRepeatNgramSize(3)
            .withRepetitionPenalty(1.2);
    assertEqualsGolden("chain", config);
  }

  private void assertEqualsGolden(String name, LogitsProcessor processor) {
    assertEqualsGolden(name, sequence -> List.of(processor));
  }

  private void assertEqualsGolden(String name, GenerationConfig config) {
    assertEqualsGolden(
        name,
        sequence -> LogitsProcessors.of(config, sequence.promptLength(), 100, VOCAB, List.of()));
  }

  /** Runs twice over each row: a processor's scratch must not carry over. */
  private void assertEqualsGolden(
      String name, Function<TokenSequence, List<LogitsProcessor>> processors) {
    for (int row = 0; row < 4; row++) {
      TokenSequence sequence = sequence(inputIds(row));
      List<LogitsProcessor> chain = processors.apply(sequence);
      float[] expected = row(name, row);
      for (int run = 0; run < 2; run++) {
        float[] logits = row("logits", row);
        chain.forEach(processor -> processor.process(sequence, logits));
        for (int id = 0; id < VOCAB; id++) {
          String place = name + " row " + row + " id " + id + " run " + run;
          if (Float.isInfinite(expected[id])) {
            assertEquals(expected[id], logits[id], place);
          } else {
            assertEquals(
                expected[id], logits[id], TOLERANCE * Math.max(1, Math.abs(expected[id])), place);
          }
        }
      }
    }
  }

  private static IdSequence sequence(int[] ids) {
    int[] prompt = Arrays.copyOf(ids, PROMPT);
    var sequence = new IdSequence(prompt, ids.length - PROMPT);
    for (int position = PROMPT; position < ids.length; position++) {
      sequence.append(ids[position]);
    }
    return sequence;
  }

  private int[] inputIds(int row) {
    TensorEntry tensor = goldens.tensor("input_ids");
    var layout = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    int[] ids = new int[20];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) tensor.data().getAtIndex(layout, row * ids.length + i);
    }
    return ids;
  }

  private float[] row(String name, int row) {
    TensorEntry tensor = goldens.tensor(name);
    assertEquals(List.of(4L, (long) VOCAB), tensor.shape());
    var layout = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[VOCAB];
    for (int i = 0; i < VOCAB; i++) {
      values[i] = tensor.data().getAtIndex(layout, row * VOCAB + i);
    }
    return values;
  }
}
