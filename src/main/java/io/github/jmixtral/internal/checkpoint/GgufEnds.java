package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.internal.format.GgufPieces;
import io.github.jmixtral.internal.format.GgufValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the ids that end a generation into a GGUF file's metadata. */
final class GgufEnds {
  private static final Logger LOGGER = LoggerFactory.getLogger(GgufEnds.class);

  private GgufEnds() {}

  /**
   * Writes them. The first is the end of a sequence; of the others those whose texts show that they
   * are ends need no key, and those that no key is left for are named in the log.
   *
   * @param words what the file says of the tokenizer
   */
  static void describe(int[] ends, Map<String, GgufValue> words, Map<String, GgufValue> metadata) {
    List<String> keys = new ArrayList<>(GgufPieces.OTHER_END_IDS);
    for (int i = 0; i < ends.length; i++) {
      if (i == 0) {
        metadata.put(GgufPieces.EOS_ID, GgufValue.unsigned(ends[i]));
      } else if (isKnown(ends[i], words)) {
        continue;
      } else if (!keys.isEmpty()) {
        metadata.put(keys.removeFirst(), GgufValue.unsigned(ends[i]));
      } else {
        LOGGER.warn(
            "eos_token_id: a GGUF file has keys for {} ids that end a generation; {} is left out",
            GgufPieces.OTHER_END_IDS.size() + 1,
            ends[i]);
      }
    }
  }

  private static boolean isKnown(int id, Map<String, GgufValue> words) {
    return words.get(GgufPieces.TOKENS) instanceof GgufValue.Texts(List<String> texts)
        && id < texts.size()
        && GgufPieces.endsBySpelling(texts.get(id));
  }
}
