package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** What a text must not contain, in fields of vLLM. */
final class Bans {
  private static final int MOST_WORDS = 1000;

  private Bans() {}

  /**
   * Settings with those of a request.
   *
   * @throws ApiException if a field is not valid
   */
  static GenerationConfig read(Fields fields, GenerationConfig unset, Host host) {
    GenerationConfig config = unset;
    List<String> words = fields.texts("bad_words");
    if (!words.isEmpty()) {
      config = config.withBadWordsIds(ids(fields.place("bad_words"), words, host.tokenizer()));
    }
    Optional<List<JsonNode>> allowed = fields.list("allowed_token_ids");
    return allowed.isPresent()
        ? config.withSuppressTokens(
            others(
                fields.place("allowed_token_ids"),
                allowed.get(),
                host.generator().config().vocabSize()))
        : config;
  }

  /** Each word as it is written at the beginning, and behind a space where that differs. */
  private static int[][] ids(String place, List<String> words, Tokenizer tokenizer) {
    if (words.size() > MOST_WORDS) {
      throw Refusal.value(
          place, "holds %d words, but may hold %d at most".formatted(words.size(), MOST_WORDS));
    }
    List<int[]> banned = new ArrayList<>();
    for (String word : words) {
      String bare = word.stripLeading();
      if (bare.isEmpty()) {
        throw Refusal.value(place, "holds an empty word, which every text has");
      }
      int[] first = tokenizer.encodePlain(bare);
      int[] spaced = tokenizer.encodePlain(" " + bare);
      banned.add(first);
      if (spaced.length == first.length && spaced[0] != first[0]) {
        banned.add(spaced);
      }
    }
    return banned.toArray(int[][]::new);
  }

  private static int[] others(String place, List<JsonNode> allowed, int vocabSize) {
    boolean[] isAllowed = new boolean[vocabSize];
    for (int i = 0; i < allowed.size(); i++) {
      isAllowed[Fields.integer(place + "[" + i + "]", allowed.get(i), 0, vocabSize - 1)] = true;
    }
    int[] others = IntStream.range(0, vocabSize).filter(id -> !isAllowed[id]).toArray();
    if (others.length == vocabSize) {
      throw Refusal.value(place, "is an empty list; leave it out");
    }
    return others;
  }
}
