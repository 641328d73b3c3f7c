package io.github.jmixtral;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.internal.chat.ChatJson;
import io.github.jmixtral.internal.decoding.ConfiguredPrompt;
import io.github.jmixtral.internal.decoding.GenerationHooks;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.SavedCache;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;

/**
 * A conversation that keeps its messages, and the keys and values of what was computed: a turn
 * computes only what is new. The answers are the same as without a session.
 *
 * <pre>{@code
 * try (Session session = model.newSession()) {
 *   System.out.println(session.send("What is 3 plus 4?").text());
 *   System.out.println(session.send("And twice that?").text());
 * }
 * }</pre>
 *
 * <p>{@link #setMessages} gives the conversation a system message, or another history. A session
 * can also continue a whole {@link Prompt} of any kind, by {@link #request(Prompt)}. As far as it
 * begins with the ids that the session holds, nothing is computed again, unless the turn asks for
 * another number of experts:
 *
 * <pre>
 * holds 1 5 9 4 7, prompt 1 5 9 4 7 3 8   → computes 3 8
 * holds 1 5 9 4 7, prompt 1 5 6           → forgets 9 4 7, computes 6
 * </pre>
 *
 * <p>What several conversations begin with is computed once: {@link #prefill} one session with it
 * and {@link #fork} the others, which copies nothing.
 *
 * <p>In a model with a sliding window a session can go on without end in the memory of the window.
 * A prompt that differs from what the session holds further back than that is computed anew.
 *
 * <p>Threads may share a session: turns, forks and savings wait for the turn under way, in the
 * order in which they came. A listener must not begin another turn within its own. Turns of
 * different sessions run side by side. Close a session to free its memory.
 *
 * @since 0.1.0
 */
public final class Session implements AutoCloseable {
  private final Engine engine;
  private final BlockCache cache;

  /** Of the calls that change or copy what is held. */
  private final Turns turns;

  private volatile List<ChatMessage> messages = List.of();

  /** What the model may call in the conversation. */
  private volatile List<Tool> tools = List.of();

  /**
   * The last prompt and its text: of these ids, the cache holds the first {@code cache.length()}.
   */
  private volatile int[] ids;

  private volatile long prefillTokenCount;

  /** An empty session. */
  Session(Engine engine) {
    this(engine, engine.model().newCache(), new int[0]);
  }

  /**
   * A session that goes on.
   *
   * @param file where it was saved
   * @throws MalformedFileException if its conversation is damaged
   */
  static Session open(Engine engine, Path file) {
    SavedCache saved = engine.model().openCache(file);
    var session = new Session(engine, saved.cache(), saved.ids());
    try {
      if (!saved.conversation().isEmpty()) {
        ChatJson conversation = ChatJson.read(saved.conversation());
        session.messages = conversation.messages();
        session.tools = conversation.tools();
      }
      return session;
    } catch (IllegalArgumentException damage) {
      session.close();
      throw new MalformedFileException(
          file + ": conversation",
          "the saved messages cannot be read: " + damage.getMessage(),
          damage);
    }
  }

  /**
   * A session that goes on.
   *
   * @param cache becomes the session's own
   * @param ids begin with those that the cache holds
   */
  private Session(Engine engine, BlockCache cache, int[] ids) {
    this.engine = engine;
    this.cache = cache;
    this.ids = ids;
    turns = new Turns(this::free);
  }

  private void free() {
    cache.close();
    engine.admission().memoryFreed();
  }

  /**
   * Sends a user's message and returns the answer; both become part of the conversation.
   *
   * @throws io.github.jmixtral.error.MissingFileException if the model has no tokenizer
   * @throws IllegalArgumentException if the chat format cannot hold the conversation, or it does
   *     not fit the model
   * @throws IllegalStateException if session or model is closed
   * @see #request(ChatMessage...)
   */
  public Generation send(String message) {
    return send(ChatMessage.user(message));
  }

  /** As {@link #send(String)}, for messages of any role, such as the results of several calls. */
  public Generation send(ChatMessage... messages) {
    Objects.requireNonNull(messages, "messages");
    return request(messages).generate();
  }

  /**
   * Messages to send with settings, listeners and more, in any of the ways of a request. The
   * conversation is what it is when the request runs, with the tools of its last {@link Prompt}.
   * Messages and answer become part of it, also an answer that was cut short or cancelled, but
   * nothing if the turn fails. An empty answer is left out, and so is a stop string at an answer's
   * end. A stream that is left open is a turn under way.
   */
  public GenerationRequest request(ChatMessage... messages) {
    Objects.requireNonNull(messages, "messages");
    return new GenerationRequest(
        (next, config, hooks) -> turns.take(() -> answer(after(next), config, hooks)),
        engine,
        Prompt.chat(messages));
  }

  /**
   * A whole prompt to continue: a conversation, which replaces that of the session together with
   * the answer, or a text or ids, which leave the session without messages. {@link #ids()}
   * continues the last turn.
   */
  public GenerationRequest request(Prompt prompt) {
    return new GenerationRequest(
        (whole, config, hooks) -> turns.take(() -> answer(whole, config, hooks)), engine, prompt);
  }

  private Prompt after(Prompt next) {
    List<ChatMessage> all = new ArrayList<>(messages);
    all.addAll(next.messages());
    return Prompt.chat(all, tools);
  }

  private Generation answer(Prompt prompt, GenerationConfig config, GenerationHooks hooks) {
    ConfiguredPrompt configured = engine.configuredForOne(prompt, config, hooks);
    Generation generation = generate(configured);
    messages = prompt.isChat() ? said(prompt.messages(), generation, configured) : List.of();
    tools = prompt.tools();
    return generation;
  }

  private List<ChatMessage> said(
      List<ChatMessage> asked, Generation generation, ConfiguredPrompt configured) {
    List<ChatMessage> said = new ArrayList<>(asked);
    ChatMessage answer = generation.message();
    if (generation.finishReason() == FinishReason.STOP_STRING) {
      answer = ChatMessage.assistant(beforeStop(generation.text(), configured.config()));
    }
    ChatMessage last = asked.getLast();
    if (last.isPrefix()) {
      said.removeLast();
      answer =
          answer.toolCalls().isEmpty()
              ? continued(last.content(), generation.ids(), answer)
              : answer;
    }
    if (!answer.content().isEmpty() || !answer.toolCalls().isEmpty()) {
      said.add(answer);
    }
    return List.copyOf(said);
  }

  /** The text up to the stop string that ended it. */
  private static String beforeStop(String text, GenerationConfig config) {
    int end = text.length();
    for (String stop : config.stopStrings().orElse(List.of())) {
      int place = text.indexOf(stop);
      end = place < 0 ? end : Math.min(end, place);
    }
    return text.substring(0, end);
  }

  /** A prefix and what follows it: decoded together, for the space between them. */
  private ChatMessage continued(String prefix, int[] newIds, ChatMessage answer) {
    Tokenizer tokenizer = engine.tokenizer().require();
    int[] prefixIds = tokenizer.encodePlain(prefix);
    int[] all = Arrays.copyOf(prefixIds, prefixIds.length + newIds.length);
    System.arraycopy(newIds, 0, all, prefixIds.length, newIds.length);
    String whole = tokenizer.decode(all, true);
    boolean spaced = whole.startsWith(prefix + " ") && !answer.content().startsWith(" ");
    return ChatMessage.assistant(prefix + (spaced ? " " : "") + answer.content());
  }

  /** The messages of the conversation so far, answers included. */
  public List<ChatMessage> messages() {
    return messages;
  }

  /**
   * Replaces the messages of the conversation. What they have in common with those before, from the
   * first id on, need not be computed again.
   */
  public void setMessages(List<ChatMessage> messages) {
    Objects.requireNonNull(messages, "messages");
    List<ChatMessage> copy = List.copyOf(messages);
    turns.take(() -> this.messages = copy);
  }

  /**
   * Computes a prompt for later turns that begin with it. Generates nothing and leaves the messages
   * as they are. The instructions of a system message can be shared by any messages that follow
   * them.
   *
   * @throws IllegalArgumentException if an id is outside the vocabulary
   * @throws IllegalStateException if session or model is closed
   * @throws CancellationException if the thread is interrupted, with its flag set; what was
   *     computed until then stays
   */
  public void prefill(Prompt prompt) {
    int[] promptIds = engine.encode(Objects.requireNonNull(prompt, "prompt"));
    turns.take(() -> append(promptIds));
  }

  private void append(int[] promptIds) {
    rewind(commonLength(promptIds));
    int held = cache.length();
    ids = promptIds;
    try {
      engine.loop().prefill(cache, ids);
    } finally {
      ids = Arrays.copyOf(ids, cache.length());
      prefillTokenCount += cache.length() - held;
    }
  }

  private Generation generate(ConfiguredPrompt configured) {
    GenerationConfig config = configured.config();
    int[] prompt = configured.promptIds();
    useExperts(
        config
            .setting("num_experts_per_tok", Integer.class)
            .orElse(engine.model().config().numExpertsPerTok()));
    // The last id is computed in any case: the first new one comes out of it.
    rewind(Math.min(commonLength(prompt), prompt.length - 1));
    int held = cache.length();
    ids = prompt;
    try {
      Generation generation = engine.loop().run(cache, configured);
      int[] newIds = generation.ids();
      ids = Arrays.copyOf(prompt, prompt.length + newIds.length);
      System.arraycopy(newIds, 0, ids, prompt.length, newIds.length);
      prefillTokenCount += generation.metrics().prefillTokenCount();
      return generation;
    } catch (RuntimeException | Error failure) {
      // The ids chosen before the failure are unknown.
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
    return turns.take(
        () -> {
          var fork = new Session(engine, cache.fork(), ids);
          fork.messages = messages;
          fork.tools = tools;
          return fork;
        });
  }

  /**
   * Writes messages, tools, ids, keys and values to a file, for {@link
   * MixtralForCausalLM#openSession} in another process, which checks the file against model,
   * options and version.
   *
   * @throws IllegalStateException when session or model are closed
   * @throws java.io.UncheckedIOException when the file can't be written
   */
  public void save(Path file) {
    Objects.requireNonNull(file, "file");
    turns.take(
        () -> {
          String conversation = new ChatJson(messages, tools).write();
          engine.model().saveCache(new SavedCache(cache, ids, conversation), file);
        });
  }

  /** Forgets the conversation and gives its memory back. */
  public void reset() {
    turns.take(
        () -> {
          cache.reset();
          ids = new int[0];
          messages = List.of();
          tools = List.of();
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

  /**
   * Frees the memory, after the turn under way if there is one. Later calls throw an {@link
   * IllegalStateException}.
   */
  @Override
  public void close() {
    turns.close();
  }
}
