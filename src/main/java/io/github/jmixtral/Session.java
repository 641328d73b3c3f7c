package io.github.jmixtral;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationHooks;
import io.github.jmixtral.internal.decoding.DecodingLoop;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.tokenizer.ChatMessage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * A conversation that keeps its keys and values: a turn computes only the ids that are new. The
 * prompt of a turn is the whole conversation so far, as for {@link MixtralForCausalLM}; as far as
 * it begins with the ids that the session holds, nothing is computed again, unless the turn asks
 * for another number of experts. The answers are the same as without a session.
 *
 * <pre>{@code
 * try (Session session = model.newSession()) {
 *   session.generate(List.of(question), config);
 *   session.generate(List.of(question, answer, nextQuestion), config);
 * }
 * }</pre>
 *
 * <pre>
 * holds 1 5 9 4 7, prompt 1 5 9 4 7 3 8   → computes 3 8
 * holds 1 5 9 4 7, prompt 1 5 6           → forgets 9 4 7, computes 6
 * </pre>
 *
 * <p>What several conversations begin with is computed once: {@link #prefill} one session with it,
 * {@link #fork} the others, which copies nothing.
 *
 * <p>In a model with a sliding window a session goes on for ever in the memory of the window. A
 * prompt that differs from what the session holds further back than that is computed anew.
 *
 * <p>Threads may share a session: turns, forks and savings wait for the turn under way, in the
 * order they came, and an interrupt ends the wait with a {@link CancellationException}. Within a
 * turn, in a listener, there is no other. Turns of different sessions run side by side. Close a
 * session to give its memory back.
 */
public final class Session implements AutoCloseable {
  private final MixtralForCausalLM model;
  private final DecodingLoop decodingLoop;
  private final BlockCache cache;

  /** Of those who change or copy what is held. */
  private final Turns turns;

  /** The conversation so far: of its ids, the cache holds the first {@code cache.length()}. */
  private volatile int[] ids;

  private volatile long prefillTokenCount;

  /**
   * A session that goes on.
   *
   * @param cache becomes the session's own
   * @param ids begin with those that the cache holds
   */
  Session(MixtralForCausalLM model, DecodingLoop decodingLoop, BlockCache cache, int[] ids) {
    this.model = model;
    this.decodingLoop = decodingLoop;
    this.cache = cache;
    this.ids = ids;
    turns = new Turns(cache::close);
  }

  /** Continues a text; see {@link #generate(String, GenerationConfig, GenerationHooks)}. */
  public Generation generate(String prompt, GenerationConfig config) {
    return generate(prompt, config, GenerationHooks.none());
  }

  /**
   * Continues a text: the whole of it, what earlier turns computed included.
   *
   * @see MixtralForCausalLM#generate(String, GenerationConfig, GenerationHooks)
   */
  public Generation generate(String prompt, GenerationConfig config, GenerationHooks hooks) {
    return run(model.tokenizer().encode(prompt, true), model.effective(config), hooks);
  }

  /** Continues ids; see {@link #generate(int[], GenerationConfig, GenerationHooks)}. */
  public Generation generate(int[] promptIds, GenerationConfig config) {
    return generate(promptIds, config, GenerationHooks.none());
  }

  /**
   * Continues ids: all of them, what earlier turns computed included. {@link #ids()} continues the
   * last turn.
   *
   * @return {@link Generation#prefillTokenCount()} tells how many of the prompt's ids were computed
   * @throws IllegalStateException when session or model are closed
   * @see MixtralForCausalLM#generate(int[], GenerationConfig, GenerationHooks)
   */
  public Generation generate(int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    return run(promptIds, model.effective(config), hooks);
  }

  /** Answers a conversation; see {@link #generate(List, GenerationConfig, GenerationHooks)}. */
  public Generation generate(List<ChatMessage> messages, GenerationConfig config) {
    return generate(messages, config, GenerationHooks.none());
  }

  /**
   * Answers a conversation: all messages, those of earlier turns and their answers included.
   *
   * @see MixtralForCausalLM#generate(List, GenerationConfig, GenerationHooks)
   */
  public Generation generate(
      List<ChatMessage> messages, GenerationConfig config, GenerationHooks hooks) {
    int[] promptIds = model.tokenizer().encodeChat(messages);
    return run(promptIds, model.effectiveInChat(config, promptIds.length), hooks);
  }

  /**
   * Continues a text with the JSON of a record and reads it.
   *
   * @see MixtralForCausalLM#generate(String, Class, GenerationConfig, GenerationHooks)
   */
  public <T extends Record> T generate(
      String prompt, Class<T> type, GenerationConfig config, GenerationHooks hooks) {
    return model.typedOutput().generate(type, hooks, with -> generate(prompt, config, with));
  }

  /**
   * Answers a conversation with a record.
   *
   * @see MixtralForCausalLM#generate(List, Class, GenerationConfig, GenerationHooks)
   */
  public <T extends Record> T generate(
      List<ChatMessage> messages, Class<T> type, GenerationConfig config, GenerationHooks hooks) {
    return model.typedOutput().generate(type, hooks, with -> generate(messages, config, with));
  }

  /**
   * A text to continue in any of the ways of a {@link GenerationRequest}; each is a turn. A stream
   * that is left open is a turn under way.
   */
  public GenerationRequest request(String prompt, GenerationConfig config, GenerationHooks hooks) {
    return model.request(used -> generate(prompt, config, used), hooks);
  }

  /** Ids to continue, as {@link #request(String, GenerationConfig, GenerationHooks)}. */
  public GenerationRequest request(
      int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    return model.request(used -> generate(promptIds, config, used), hooks);
  }

  /** A conversation to answer, as {@link #request(String, GenerationConfig, GenerationHooks)}. */
  public GenerationRequest request(
      List<ChatMessage> messages, GenerationConfig config, GenerationHooks hooks) {
    return model.request(used -> generate(messages, config, used), hooks);
  }

  /** Computes a text for later turns that begin with it; generates nothing. */
  public void prefill(String prompt) {
    prefill(model.tokenizer().encode(prompt, true));
  }

  /**
   * Computes a conversation for later turns that begin with it; generates nothing. The instructions
   * of a system message are shared by whatever message of the user follows them.
   */
  public void prefill(List<ChatMessage> messages) {
    prefill(model.tokenizer().encodeChat(messages));
  }

  /**
   * Computes ids for later turns that begin with them; generates nothing.
   *
   * @throws IllegalArgumentException when an id is outside the vocabulary
   * @throws IllegalStateException when session or model are closed
   * @throws CancellationException when the thread is interrupted, with its flag set; what was
   *     computed until then stays
   */
  public void prefill(int[] promptIds) {
    turns.take(() -> compute(promptIds));
  }

  private void compute(int[] promptIds) {
    rewind(commonLength(promptIds));
    int held = cache.length();
    ids = promptIds.clone();
    try {
      decodingLoop.prefill(cache, ids);
    } finally {
      ids = Arrays.copyOf(ids, cache.length());
      prefillTokenCount += cache.length() - held;
    }
  }

  private Generation run(int[] promptIds, GenerationConfig effective, GenerationHooks hooks) {
    int[] prompt = model.orBos(promptIds, effective);
    return turns.take(() -> turn(prompt, effective, hooks));
  }

  private Generation turn(int[] prompt, GenerationConfig effective, GenerationHooks hooks) {
    useExperts(effective.numExpertsPerTok().orElse(model.config().numExpertsPerTok()));
    // The last id is computed in any case: the first new one comes out of it.
    rewind(Math.min(commonLength(prompt), prompt.length - 1));
    int held = cache.length();
    ids = prompt.clone();
    try {
      Generation generation = decodingLoop.run(cache, prompt, effective, hooks);
      int[] newIds = generation.ids();
      ids = Arrays.copyOf(prompt, prompt.length + newIds.length);
      System.arraycopy(newIds, 0, ids, prompt.length, newIds.length);
      prefillTokenCount += generation.prefillTokenCount();
      return generation;
    } catch (RuntimeException | Error failure) {
      // Which ids were chosen before the failure nobody tells.
      rewind(Math.min(cache.length(), prompt.length));
      ids = Arrays.copyOf(prompt, cache.length());
      prefillTokenCount += Math.max(0, cache.length() - held);
      throw failure;
    }
  }

  /** Another number of experts gives other keys and values: what is held serves no longer. */
  private void useExperts(int numExpertsPerTok) {
    if (numExpertsPerTok != cache.numExpertsPerTok()) {
      cache.setNumExpertsPerTok(numExpertsPerTok);
      rewind(0);
    }
  }

  /** How many ids of the prompt the cache holds. */
  private int commonLength(int[] prompt) {
    int most = Math.min(prompt.length, cache.length());
    int different = Arrays.mismatch(prompt, 0, most, ids, 0, most);
    return different < 0 ? most : different;
  }

  /** Forgets the ids from {@code length} on, or all where the window has passed. */
  private void rewind(int length) {
    cache.truncate(cache.canTruncate(length) ? length : 0);
  }

  /**
   * A second conversation with the same beginning. Both go on independently; nothing is copied but
   * the last, half-full block of the one that continues first.
   *
   * @throws IllegalStateException when the session is closed
   */
  public Session fork() {
    return turns.take(() -> new Session(model, decodingLoop, cache.fork(), ids.clone()));
  }

  /**
   * Writes ids, keys and values to a file, for {@link MixtralForCausalLM#openSession} in another
   * process, another day. The file is checked against model, options and version then.
   *
   * @throws IllegalStateException when session or model are closed
   * @throws java.io.UncheckedIOException when the file can't be written
   */
  public void save(Path file) {
    turns.take(() -> model.save(cache, ids, file));
  }

  /** Forgets the conversation and gives its memory back. */
  public void reset() {
    turns.take(
        () -> {
          cache.reset();
          ids = new int[0];
        });
  }

  /** The ids of the last prompt and of what was generated after it. */
  public int[] ids() {
    return ids.clone();
  }

  /**
   * Of how many of {@link #ids()} the session holds keys and values: as a rule all but the last.
   */
  public int computedTokenCount() {
    return cache.length();
  }

  /** How many ids of prompts this session has computed in all its turns. */
  public long prefillTokenCount() {
    return prefillTokenCount;
  }

  /**
   * How often each expert has computed an id of this session [layers, experts], in all its turns
   * and in those of the session that it was forked from.
   */
  public long[][] expertCounts() {
    return cache.expertCounts();
  }

  /** Bytes of keys and values, shared ones included, even while a turn is under way. */
  public long cacheByteSize() {
    return cache.byteSize();
  }

  /** Gives the memory back, at the end of a turn under way; there can't be another. */
  @Override
  public void close() {
    turns.close();
  }
}
