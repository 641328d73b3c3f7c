package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.format.GgufMetadata;
import io.github.jmixtral.internal.format.GgufValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ids that end a generation, as llama.cpp gathers them: end of sequence, of turn and of
 * message, and every token whose spelling means an end in some model's chats.
 */
final class GgufEnds {
  private static final Logger LOGGER = LoggerFactory.getLogger(GgufEnds.class);
  private static final String EOS_ID = "tokenizer.ggml.eos_token_id";
  private static final int DEFAULT_EOS = 2;

  /** In the order in which several ids are written. */
  private static final List<String> OTHERS =
      List.of("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");

  private static final String TOKENS = "tokenizer.ggml.tokens";

  /** llama.cpp's list, in its vocabulary loader. */
  private static final Set<String> SPELLINGS =
      Set.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|flush|>",
          "<|calls|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>");

  private GgufEnds() {}

  /** The ids, that of the end of sequence first. */
  static List<Integer> of(GgufMetadata metadata, int vocabSize) {
    int eos = metadata.id(EOS_ID, vocabSize).orElse(DEFAULT_EOS);
    Set<Integer> others = new TreeSet<>();
    for (String key : OTHERS) {
      metadata.id(key, vocabSize).ifPresent(others::add);
    }
    if (metadata.values().get(TOKENS) instanceof GgufValue.Texts(List<String> tokens)) {
      for (int id = 0; id < Math.min(vocabSize, tokens.size()); id++) {
        if (SPELLINGS.contains(tokens.get(id))) {
          others.add(id);
        }
      }
    }
    others.remove(eos);
    List<Integer> ends = new ArrayList<>(List.of(eos));
    ends.addAll(others);
    return Collections.unmodifiableList(ends);
  }

  /** Writes the ids; those that the format has no key for are named in the log. */
  static void describe(int[] ends, Map<String, GgufValue> metadata) {
    List<String> keys = new ArrayList<>(List.of(EOS_ID));
    keys.addAll(OTHERS);
    for (int i = 0; i < ends.length; i++) {
      if (i < keys.size()) {
        metadata.put(keys.get(i), GgufValue.unsigned(ends[i]));
      } else {
        LOGGER.warn(
            "eos_token_id: a GGUF file has keys for {} ids that end a generation; {} is left out",
            keys.size(),
            ends[i]);
      }
    }
  }
}
