package io.github.jmixtral.config;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.github.jmixtral.LogCapture;
import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import io.github.jmixtral.testkit.mutation.SmallModel;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of configurations; see {@link MutantRun}. */
@RunsOnce
class MutatedConfigsTest {
  private static final SmallModel MODEL = new SmallModel(16, 2);

  @TempDir Path folder;

  private static Stream<MutatedReader> readers() {
    return Stream.of(config(), params(), generationConfig());
  }

  @ParameterizedTest
  @MethodSource("readers")
  void mutantsAreReadOrRefused(MutatedReader reader) {
    // Thousands of mutants are read with a warning.
    LogCapture.of(() -> MutantRun.of(reader, folder));
  }

  private static MutatedReader config() {
    return new MutatedReader(
            "config",
            mutant -> {
              MixtralConfig config = MixtralConfig.fromPretrained(mutant.folder());
              assertNotNull(config.with(Map.of()).toString());
            })
        .mutating(
            "config.json",
            Seed.of(MODEL.config()),
            Seed.of(
                MODEL
                    .config(
                        """
                        "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"},
                        "id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1},
                        "problem_type": "regression", "attention_dropout": 0.0,
                        """)
                    .replace("\"rope_theta\": 1000000.0, \"hidden_act\"", "\"hidden_act\"")));
  }

  private static MutatedReader params() {
    return new MutatedReader(
            "params",
            mutant ->
                assertNotNull(
                    MixtralConfig.fromPretrained(mutant.folder().resolve("params.json"))
                        .with(Map.of())
                        .toString()))
        .mutating("params.json", Seed.of(MODEL.params()));
  }

  private static MutatedReader generationConfig() {
    return new MutatedReader(
            "generation-config",
            mutant -> {
              GenerationConfig config = GenerationConfig.fromPretrained(mutant.folder());
              assertNotNull(config.over(GenerationConfig.inherit()).toString());
              assertNotNull(config.setting("sequence_bias", SequenceBias[].class).toString());
              assertNotNull(config.setting("bad_words_ids", int[][].class).toString());
              assertNotNull(config.setting("top_k", Integer.class).toString());
            })
        .mutating(
            "generation_config.json",
            Seed.of(
                """
                {"bos_token_id": 1, "eos_token_id": [2, 3], "pad_token_id": 0, "do_sample": true,
                 "max_new_tokens": 20, "max_length": 40, "min_new_tokens": 1, "min_length": 2,
                 "max_time": 1.5, "stop_strings": ["a", "b"], "num_beams": 2,
                 "length_penalty": 1.0, "early_stopping": "never", "num_return_sequences": 1,
                 "temperature": 0.7, "top_k": 50, "top_p": 0.9, "min_p": 0.05, "typical_p": 0.9,
                 "epsilon_cutoff": 0.0003, "eta_cutoff": 0.0003, "guidance_scale": 1.5,
                 "prompt_lookup_num_tokens": 10, "max_matching_ngram_size": 2,
                 "repetition_penalty": 1.1, "no_repeat_ngram_size": 3,
                 "bad_words_ids": [[5], [6, 7]], "suppress_tokens": [8],
                 "begin_suppress_tokens": [9], "sequence_bias": [[[4, 5], -1.0]],
                 "exponential_decay_length_penalty": [5, 1.1], "forced_bos_token_id": 1,
                 "forced_eos_token_id": [2], "remove_invalid_values": true,
                 "renormalize_logits": false, "output_scores": true, "use_cache": true,
                 "watermarking_config": {"bias": 2.5}, "transformers_version": "5.17.0"}
                """),
            Seed.of("{\"_from_model_config\": true, \"bos_token_id\": 1, \"eos_token_id\": 2}"));
  }
}
