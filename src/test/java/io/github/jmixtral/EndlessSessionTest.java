package io.github.jmixtral;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.LogitsProcessor;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SequenceStep;
import io.github.jmixtral.testkit.Fixtures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * A conversation far beyond the window, on a cache that rolls, against the same ids in one pass,
 * whose cache holds all of them behind the window's mask: the same bits.
 */
@RunsOnce
class EndlessSessionTest {
  private static final int TOKENS = 10_000;
  private static final int TOKENS_OF_A_TURN = 500;
  private static final LoadOptions OPTIONS = LoadOptions.defaults().withThreads(2);

  @Test
  void aConversationBeyondTheWindowKeepsItsMemoryAndItsLogits() {
    List<Integer> logitsOfSteps = new ArrayList<>();
    int[] ids = new int[0];
    int promptLength = 0;
    try (MixtralForCausalLM model =
            MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), OPTIONS);
        Session session = model.newSession()) {
      assertEquals(128, model.config().slidingWindow().orElseThrow());
      long most = BlockCache.maxByteSize(model.config(), CacheFormat.F32, 10 * 128);
      GenerationConfig config =
          GenerationConfig.inherit()
              .withDoSample(true)
              .withEosTokenIds()
              .withMaxNewTokens(TOKENS_OF_A_TURN);
      LogitsProcessor watching =
          (sequence, logits) -> {
            logitsOfSteps.add(Arrays.hashCode(logits));
            long bytes = session.cacheByteSize();
            assertTrue(bytes <= most, () -> bytes + " bytes of " + most);
          };
      ids = model.tokenizer().encode("Once upon a time", true);
      promptLength = ids.length;
      for (int turn = 0; turn * TOKENS_OF_A_TURN < TOKENS; turn++) {
        Generation more =
            session
                .request(Prompt.ids(ids))
                .withConfig(config.withSeed(turn))
                .withLogitsProcessor(watching)
                .generate();
        assertEquals(turn == 0 ? promptLength : 1, more.metrics().prefillTokenCount());
        ids = session.ids();
      }
    }
    assertEquals(logitsOfSteps.size() + promptLength, ids.length);
    assertArrayEquals(
        logitsOfOnePass(ids, promptLength),
        logitsOfSteps.stream().mapToInt(Integer::intValue).toArray());
  }

  @Test
  void anotherThreadMayAskForTheMemoryWhileTheWindowRolls() throws Exception {
    try (MixtralForCausalLM model =
            MixtralForCausalLM.fromPretrained(Fixtures.storyteller(), OPTIONS);
        Session session = model.newSession();
        ExecutorService turns = Executors.newSingleThreadExecutor()) {
      long most = BlockCache.maxByteSize(model.config(), CacheFormat.F32, 10 * 128);
      GenerationConfig config = GenerationConfig.inherit().withEosTokenIds().withMaxNewTokens(600);
      Future<Generation> turn =
          turns.submit(
              () -> session.request(Prompt.text("Once upon a time")).withConfig(config).generate());
      long largest = 0;
      while (!turn.isDone()) {
        largest = Math.max(largest, session.cacheByteSize());
      }
      assertEquals(600, turn.get().newTokenCount());
      assertTrue(largest > 0 && largest <= most, largest + " bytes of " + most);
    }
  }

  /** Hashes of the logits before each new id. */
  private static int[] logitsOfOnePass(int[] ids, int promptLength) {
    LoadOptions whole = OPTIONS.withChunkTokens(ids.length);
    try (LanguageModel model = LanguageModel.fromPretrained(Fixtures.storyteller(), whole);
        BlockCache cache = model.newCache()) {
      float[][] logits = new float[ids.length - 1][];
      for (int i = promptLength - 1; i < logits.length; i++) {
        logits[i] = new float[model.config().vocabSize()];
      }
      model.nextTokenLogits(new SequenceStep(cache, ids, 0, logits.length, logits));
      return Arrays.stream(logits, promptLength - 1, logits.length)
          .mapToInt(Arrays::hashCode)
          .toArray();
    }
  }
}
