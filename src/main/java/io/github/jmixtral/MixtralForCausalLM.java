package io.github.jmixtral;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.constraint.RecordBinding;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.generation.ChoiceScores;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.GenerationHooks;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.Prompts;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.decoding.Admission;
import io.github.jmixtral.internal.decoding.ConfiguredPrompt;
import io.github.jmixtral.internal.decoding.DecodingLoop;
import io.github.jmixtral.internal.decoding.Embedder;
import io.github.jmixtral.internal.decoding.GenerationThreads;
import io.github.jmixtral.internal.decoding.Scorer;
import io.github.jmixtral.internal.network.BlockCache;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.internal.network.SavedCache;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * A Mixtral that generates text: model, tokenizer and generation settings of one folder.
 *
 * <pre>{@code
 * try (var model = MixtralForCausalLM.fromPretrained(Path.of("Mixtral-8x7B-Instruct-v0.1"))) {
 *   Generation answer =
 *       model.generate(
 *           "My favourite condiment is",
 *           GenerationConfig.defaults().withMaxNewTokens(100).withDoSample(true));
 *   System.out.println(answer.text());
 * }
 * }</pre>
 *
 * <p>A prompt is a text, a list of token ids, or a list of chat messages. Each setting of a call
 * that is unset inherits: first from the model's {@code generation_config.json} ({@link
 * #generationConfig()}), then from the defaults that {@link GenerationConfig} names. Interrupting
 * the generating thread cancels, as a {@link CancellationHandle} does; the interrupt flag stays
 * set.
 *
 * <p>Immutable and thread-safe: threads may generate with one model at once, up to {@link
 * LoadOptions#withMaxRequests}, further ones wait in the order they came. Steps take turns and
 * compute on the calling thread. A virtual thread waits without a carrier, but computes on one; to
 * compute elsewhere, let it wait for {@link #generateAsync} or {@link #stream}.
 */
public final class MixtralForCausalLM implements AutoCloseable {
  /** What counts when neither the call nor the model's folder says otherwise. */
  private static final GenerationConfig LIBRARY_DEFAULTS =
      GenerationConfig.defaults().withDoSample(false).withTopK(50);

  private final Path folder;
  private final LanguageModel model;
  private final Optional<Tokenizer> tokenizer;
  private final GenerationConfig generationConfig;
  private final DecodingLoop decodingLoop;
  private final TypedOutput typedOutput = new TypedOutput();
  private final Scorer scorer;
  private final Embedder embedder;
  private final GenerationThreads threads;

  private MixtralForCausalLM(
      Path folder,
      LanguageModel model,
      Optional<Tokenizer> tokenizer,
      GenerationConfig generationConfig,
      LoadOptions options) {
    this.folder = folder;
    this.model = model;
    this.tokenizer = tokenizer;
    this.generationConfig = generationConfig;
    var admission = new Admission(options.maxRequests());
    decodingLoop = new DecodingLoop(model, tokenizer, options.chunkTokens(), admission);
    scorer = new Scorer(model, tokenizer, options.chunkTokens(), admission);
    embedder = new Embedder(model, options.chunkTokens(), admission);
    threads = new GenerationThreads(options.maxRequests());
  }

  /** As {@link #fromPretrained(String, LoadOptions)} with {@link LoadOptions#defaults()}. */
  public static MixtralForCausalLM fromPretrained(String pathOrName) {
    return fromPretrained(pathOrName, LoadOptions.defaults());
  }

  /**
   * As {@link #fromPretrained(Path, LoadOptions)}, from a path or by the name of a model in the
   * Hub's cache. Nothing is downloaded: see {@link io.github.jmixtral.hub.HubDownload}.
   *
   * @param pathOrName a folder, a file, {@code ORG/NAME} or {@code ORG/NAME@REVISION}
   */
  public static MixtralForCausalLM fromPretrained(String pathOrName, LoadOptions options) {
    return fromPretrained(HubCache.ofEnvironment(System.getenv()).locate(pathOrName), options);
  }

  /** As {@link #fromPretrained(Path, LoadOptions)} with {@link LoadOptions#defaults()}. */
  public static MixtralForCausalLM fromPretrained(Path path) {
    return fromPretrained(path, LoadOptions.defaults());
  }

  /**
   * Loads a model as it was published: a folder as the Hub lays it out, quantised or not, Mistral
   * AI's raw release, or a GGUF file. The weights stay where the files are mapped if they can be
   * computed with as they are. A folder without {@code generation_config.json} takes the special
   * ids of {@code config.json}; one without a tokenizer generates from ids only.
   *
   * @throws io.github.jmixtral.error.JmixtralException when a file is missing, damaged or asks for
   *     something that jmixtral does not do
   * @throws java.io.UncheckedIOException when a file can't be read
   */
  public static MixtralForCausalLM fromPretrained(Path path, LoadOptions options) {
    CheckpointLayout layout = CheckpointLayout.of(path);
    Optional<Tokenizer> tokenizer = layout.tokenizer();
    GenerationConfig ofFolder = layout.generationConfig().orElse(GenerationConfig.defaults());
    LanguageModel model = LanguageModel.fromPretrained(path, options);
    return new MixtralForCausalLM(
        path, model, tokenizer, ofFolder.over(GenerationConfig.ofModel(model.config())), options);
  }

  /** Continues a text with the model's own settings. */
  public Generation generate(String prompt) {
    return generate(prompt, GenerationConfig.defaults());
  }

  /** Continues a text. See {@link #generate(String, GenerationConfig, GenerationHooks)}. */
  public Generation generate(String prompt, GenerationConfig config) {
    return generate(prompt, config, GenerationHooks.none());
  }

  /** Continues a text and tells a listener each token as it comes. */
  public Generation generate(String prompt, GenerationConfig config, GenerationListener listener) {
    return generate(prompt, config, GenerationHooks.none().withListener(listener));
  }

  /** As before; another thread may cancel with the handle. */
  public Generation generate(
      String prompt,
      GenerationConfig config,
      GenerationListener listener,
      CancellationHandle cancellation) {
    return generate(prompt, config, hooks(listener, cancellation));
  }

  /**
   * Continues a text. It is encoded with the special tokens that the tokenizer puts around a text,
   * BOS as a rule.
   *
   * @param config the settings that differ from the model's; without any length, 256 new tokens
   * @param hooks listener, cancellation, processors and criteria of the caller
   * @return text, ids and times; the prompt's ids apart
   * @throws MissingFileException when the folder has no tokenizer
   * @throws IllegalArgumentException when the settings don't fit the prompt or the model
   */
  public Generation generate(String prompt, GenerationConfig config, GenerationHooks hooks) {
    return run(tokenizer().encode(prompt, true), effective(config), hooks);
  }

  /** Continues ids with the model's own settings. */
  public Generation generate(int[] promptIds) {
    return generate(promptIds, GenerationConfig.defaults());
  }

  /** Continues ids. See {@link #generate(int[], GenerationConfig, GenerationHooks)}. */
  public Generation generate(int[] promptIds, GenerationConfig config) {
    return generate(promptIds, config, GenerationHooks.none());
  }

  /** Continues ids and tells a listener each token as it comes. */
  public Generation generate(
      int[] promptIds, GenerationConfig config, GenerationListener listener) {
    return generate(promptIds, config, GenerationHooks.none().withListener(listener));
  }

  /** As before; another thread may cancel with the handle. */
  public Generation generate(
      int[] promptIds,
      GenerationConfig config,
      GenerationListener listener,
      CancellationHandle cancellation) {
    return generate(promptIds, config, hooks(listener, cancellation));
  }

  /**
   * Continues ids as they are: no BOS is added, except that an empty prompt becomes BOS.
   *
   * @param promptIds each inside the vocabulary
   * @param config the settings that differ from the model's; without any length, 256 new tokens
   * @param hooks listener, cancellation, processors and criteria of the caller
   * @throws IllegalArgumentException when an id is outside the vocabulary, or the settings don't
   *     fit the prompt or the model
   */
  public Generation generate(int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    return run(promptIds, effective(config), hooks);
  }

  /** Answers a conversation with the model's own settings. */
  public Generation generate(List<ChatMessage> messages) {
    return generate(messages, GenerationConfig.defaults());
  }

  /** Answers a conversation. See {@link #generate(List, GenerationConfig, GenerationHooks)}. */
  public Generation generate(List<ChatMessage> messages, GenerationConfig config) {
    return generate(messages, config, GenerationHooks.none());
  }

  /** Answers a conversation and tells a listener each token as it comes. */
  public Generation generate(
      List<ChatMessage> messages, GenerationConfig config, GenerationListener listener) {
    return generate(messages, config, GenerationHooks.none().withListener(listener));
  }

  /** As before; another thread may cancel with the handle. */
  public Generation generate(
      List<ChatMessage> messages,
      GenerationConfig config,
      GenerationListener listener,
      CancellationHandle cancellation) {
    return generate(messages, config, hooks(listener, cancellation));
  }

  /**
   * Answers a conversation: the messages become ids as the model was trained on them, and the
   * answer goes on to the end-of-sequence id. What a message says never becomes a control id.
   *
   * @param config the settings that differ from the model's; without any length, as many new tokens
   *     as fit into {@code max_position_embeddings}
   * @param hooks listener, cancellation, processors and criteria of the caller
   * @throws MissingFileException when the folder has no tokenizer
   * @throws IllegalArgumentException when the settings don't fit the prompt or the model
   */
  public Generation generate(
      List<ChatMessage> messages, GenerationConfig config, GenerationHooks hooks) {
    int[] promptIds = tokenizer().encodeChat(messages);
    return run(promptIds, effectiveInChat(config, promptIds.length), hooks);
  }

  /** Continues several prompts at once with the model's own settings. */
  public List<Generation> generate(Prompts prompts) {
    return generate(prompts, GenerationConfig.defaults());
  }

  /** As {@link #generate(Prompts, GenerationConfig, IntFunction)} with nothing plugged in. */
  public List<Generation> generate(Prompts prompts, GenerationConfig config) {
    return generate(prompts, config, _ -> GenerationHooks.none());
  }

  /**
   * Continues several prompts at once, which reads the weights once for all. Each text has its own
   * end, and what it says does not depend on the others: it is what the prompt alone would become,
   * on quantised weights bit for bit. With a seed, the i-th text of the result draws with the seed
   * + i.
   *
   * @param config the settings that differ from the model's, for all; {@code num_return_sequences}
   *     texts are returned for each prompt, by sampling or beam search
   * @param hooks of each text, by its index in the result; asked once for each. With beams those of
   *     a prompt's first text count for all of its texts
   * @return the texts of the first prompt, then those of the next
   * @throws MissingFileException when a text or conversation meets a folder without a tokenizer
   * @throws IllegalArgumentException when the settings don't fit a prompt or the model
   */
  public List<Generation> generate(
      Prompts prompts, GenerationConfig config, IntFunction<GenerationHooks> hooks) {
    GenerationConfig inherited = inherited(config);
    Stream<ConfiguredPrompt> configured =
        switch (prompts) {
          case Prompts.Texts(List<String> texts) ->
              texts.stream().map(text -> configured(tokenizer().encode(text, true), inherited));
          case Prompts.Ids(List<int[]> ids) ->
              ids.stream().map(each -> configured(each, inherited));
          case Prompts.Conversations(List<List<ChatMessage>> conversations) ->
              conversations.stream()
                  .map(messages -> tokenizer().encodeChat(messages))
                  .map(ids -> configured(ids, withRoomInChat(inherited, ids.length)));
        };
    return decodingLoop.run(configured.toList(), hooks);
  }

  private ConfiguredPrompt configured(int[] promptIds, GenerationConfig inherited) {
    return new ConfiguredPrompt(orBos(promptIds, inherited), inherited);
  }

  /** Bytes of all caches and sessions of this model: 0 when all are closed. */
  public long cacheByteSize() {
    return model.cacheByteSize();
  }

  /** An empty conversation, which keeps what it has computed from turn to turn. */
  public Session newSession() {
    return new Session(this, decodingLoop, model.newCache(), new int[0]);
  }

  /**
   * The tokens of a text's continuation as they are asked for; close what you do not read to its
   * end.
   *
   * @see GenerationRequest#stream
   */
  public TokenStream stream(String prompt, GenerationConfig config) {
    return request(prompt, config, GenerationHooks.none()).stream();
  }

  /**
   * A publisher of a text's continuations, one for each subscriber, each at its subscriber's pace.
   *
   * @see GenerationRequest#publisher
   */
  public Flow.Publisher<GeneratedToken> publisher(String prompt, GenerationConfig config) {
    return request(prompt, config, GenerationHooks.none()).publisher();
  }

  /**
   * Continues a text on another thread; cancelling the future stops the generation.
   *
   * @see GenerationRequest#generateAsync
   */
  public CompletableFuture<Generation> generateAsync(String prompt, GenerationConfig config) {
    return request(prompt, config, GenerationHooks.none()).generateAsync();
  }

  /** A text to continue in any of the ways of a {@link GenerationRequest}. */
  public GenerationRequest request(String prompt, GenerationConfig config, GenerationHooks hooks) {
    return request(used -> generate(prompt, config, used), hooks);
  }

  /** Ids to continue in any of the ways of a {@link GenerationRequest}. */
  public GenerationRequest request(
      int[] promptIds, GenerationConfig config, GenerationHooks hooks) {
    return request(used -> generate(promptIds, config, used), hooks);
  }

  /** A conversation to answer in any of the ways of a {@link GenerationRequest}. */
  public GenerationRequest request(
      List<ChatMessage> messages, GenerationConfig config, GenerationHooks hooks) {
    return request(used -> generate(messages, config, used), hooks);
  }

  /** A request that generates in its own way. */
  GenerationRequest request(
      Function<GenerationHooks, Generation> generation, GenerationHooks hooks) {
    return new GenerationRequest(generation, hooks, threads);
  }

  /** What makes records of generations. */
  TypedOutput typedOutput() {
    return typedOutput;
  }

  /**
   * How likely the model finds a text, id by id. It is encoded with the special tokens that the
   * tokenizer puts around a text, BOS as a rule.
   *
   * @throws MissingFileException when the folder has no tokenizer
   * @throws IllegalArgumentException when the text becomes fewer than two ids
   */
  public TextScore score(String text) {
    return score(tokenizer().encode(text, true));
  }

  /** How likely the model finds each of these ids but the first, which nothing foretells. */
  public TextScore score(int[] ids) {
    return scorer.score(ids);
  }

  /**
   * How likely the model finds each of several continuations of a prompt, which is computed once;
   * {@link Scorer#score(Tokenizer, String, List)} says where a continuation begins.
   *
   * @throws MissingFileException when the folder has no tokenizer
   * @throws IllegalArgumentException when there is no choice, or an empty one
   */
  public ChoiceScores score(String prompt, List<String> choices) {
    return scorer.score(tokenizer(), prompt, choices);
  }

  /** The same for ids, taken as they are. */
  public ChoiceScores score(int[] promptIds, int[][] choices) {
    return scorer.score(promptIds, choices);
  }

  /**
   * The mean of a text's final hidden states [hidden].
   *
   * @throws MissingFileException when the folder has no tokenizer
   */
  public float[] embed(String text) {
    return embed(List.of(text), EmbeddingConfig.defaults())[0];
  }

  /**
   * Pooled hidden states of texts, each as if it were alone [texts, hidden].
   *
   * @throws MissingFileException when the folder has no tokenizer
   */
  public float[][] embed(List<String> texts, EmbeddingConfig config) {
    Tokenizer encoding = tokenizer();
    return embed(
        texts.stream().map(text -> encoding.encode(text, true)).toArray(int[][]::new), config);
  }

  /** The same for lists of ids, at least one each. */
  public float[][] embed(int[][] sequences, EmbeddingConfig config) {
    return embedder.embed(List.of(sequences), config);
  }

  /**
   * A conversation that {@link Session#save} wrote: mapped, so that nothing is computed or copied.
   *
   * @see LanguageModel#openCache
   */
  public Session openSession(Path file) {
    SavedCache saved = model.openCache(file);
    return new Session(this, decodingLoop, saved.cache(), saved.ids());
  }

  /** Writes a session's cache. */
  void save(BlockCache cache, int[] ids, Path file) {
    model.saveCache(cache, ids, file);
  }

  /** Continues a text with something that a constraint allows. */
  public Generation generate(String prompt, Constraint constraint) {
    return generate(prompt, constraint, GenerationConfig.defaults());
  }

  /**
   * Continues a text with something that a constraint allows; see {@link
   * GenerationHooks#withConstraint}, which conversations and ids take, too.
   *
   * @throws IllegalArgumentException when the settings leave less room than the shortest text takes
   */
  public Generation generate(String prompt, Constraint constraint, GenerationConfig config) {
    return generate(prompt, config, GenerationHooks.none().withConstraint(constraint));
  }

  /** Continues a text with the JSON of a record, with the model's own settings. */
  public <T extends Record> T generate(String prompt, Class<T> type) {
    return generate(prompt, type, GenerationConfig.defaults());
  }

  /** As {@link #generate(String, Class, GenerationConfig, GenerationHooks)}. */
  public <T extends Record> T generate(String prompt, Class<T> type, GenerationConfig config) {
    return generate(prompt, type, config, GenerationHooks.none());
  }

  /**
   * Continues a text with the JSON of a record and reads it; {@link RecordBinding} says which
   * records. A constraint among the hooks gives way to the record's.
   *
   * @throws IllegalArgumentException when the record is not supported, when the settings leave less
   *     room than the shortest text takes, or when the record's constructor refuses its components
   * @throws IllegalStateException when the generation was cut short: cancelled, out of time, or by
   *     a stop string
   */
  public <T extends Record> T generate(
      String prompt, Class<T> type, GenerationConfig config, GenerationHooks hooks) {
    return typedOutput.generate(type, hooks, with -> generate(prompt, config, with));
  }

  /** Answers a conversation with a record, with the model's own settings. */
  public <T extends Record> T generate(List<ChatMessage> messages, Class<T> type) {
    return generate(messages, type, GenerationConfig.defaults(), GenerationHooks.none());
  }

  /**
   * Answers a conversation with a record, as {@link #generate(String, Class, GenerationConfig,
   * GenerationHooks)} continues a text.
   */
  public <T extends Record> T generate(
      List<ChatMessage> messages, Class<T> type, GenerationConfig config, GenerationHooks hooks) {
    return typedOutput.generate(type, hooks, with -> generate(messages, config, with));
  }

  /**
   * An empty cache for one sequence, for {@link ModelInput#withCache}: {@link #forward} continues
   * where the cache's sequence ends.
   */
  public KeyValueCache newCache() {
    return model.newCache();
  }

  /**
   * Runs the model over a batch of sequences: logits, and what else the input asks for.
   *
   * @param input ids or embeddings, [batch, columns]
   * @return logits [batch, kept columns, vocab] and the rest as {@link CausalLMOutput} says
   * @throws IllegalArgumentException when ids, shapes, mask or caches do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public CausalLMOutput forward(ModelInput input) {
    return model.forward(input);
  }

  /**
   * Gets the compiler to see the kernels, so that the first request runs at full speed; takes a few
   * seconds at most.
   *
   * @throws IllegalStateException when the model is closed
   */
  public void warmUp() {
    model.warmUp();
  }

  /**
   * Writes configuration, generation settings, weights and, where there is one, the tokenizer into
   * a folder that {@link #fromPretrained} reads.
   *
   * @param target created when absent; may hold neither weights nor another tokenizer
   * @throws IllegalArgumentException when it holds such, before anything is written
   * @throws IllegalStateException when the model is closed
   * @throws java.io.UncheckedIOException when the folder can't be written
   */
  public void savePretrained(Path target) {
    tokenizer.ifPresent(present -> present.requireSavable(target));
    model.savePretrained(target);
    generationConfig.savePretrained(target);
    tokenizer.ifPresent(present -> present.savePretrained(target));
  }

  /** The model's configuration. */
  public MixtralConfig config() {
    return model.config();
  }

  /** See {@link io.github.jmixtral.internal.network.MixtralModel#layersRun()}. */
  public long layersRun() {
    return model.layersRun();
  }

  /** The settings that calls inherit: {@code generation_config.json} over {@code config.json}. */
  public GenerationConfig generationConfig() {
    return generationConfig;
  }

  /** Whether the folder has a tokenizer. */
  public boolean hasTokenizer() {
    return tokenizer.isPresent();
  }

  /**
   * The folder's tokenizer.
   *
   * @throws MissingFileException when it has none
   */
  public Tokenizer tokenizer() {
    return tokenizer.orElseThrow(
        () ->
            new MissingFileException(
                folder.toString(),
                "tokenizer.json or tokenizer.model, which texts need (token ids work without)"));
  }

  /** Unmaps the weights and ends the model's threads. A call under way in another thread fails. */
  @Override
  public void close() {
    threads.close();
    model.close();
  }

  private Generation run(int[] promptIds, GenerationConfig effective, GenerationHooks hooks) {
    return decodingLoop.run(orBos(promptIds, effective), effective, hooks);
  }

  /** The ids, or BOS where there are none. */
  int[] orBos(int[] promptIds, GenerationConfig effective) {
    if (promptIds.length > 0) {
      return promptIds;
    }
    int bosTokenId =
        effective
            .bosTokenId()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "prompt: expected at least one id, as the model has no bos_token_id;"
                            + " found none"));
    return new int[] {bosTokenId};
  }

  private GenerationConfig inherited(GenerationConfig config) {
    return config.over(generationConfig).over(LIBRARY_DEFAULTS);
  }

  /** The settings of a call that returns one text, with everything inherited. */
  GenerationConfig effective(GenerationConfig config) {
    if (config.beams().numReturnSequences() > 1) {
      throw new IllegalArgumentException(
          "num_return_sequences: expected 1 in a call that returns one text, found "
              + config.beams().numReturnSequences()
              + "; calls with Prompts return several");
    }
    return inherited(config);
  }

  /** The same for a conversation: without any length, as many new ids as the context has room. */
  GenerationConfig effectiveInChat(GenerationConfig config, int promptLength) {
    return withRoomInChat(effective(config), promptLength);
  }

  private GenerationConfig withRoomInChat(GenerationConfig inherited, int promptLength) {
    int room = config().maxPositionEmbeddings() - promptLength;
    boolean hasLength = inherited.maxNewTokens().isPresent() || inherited.maxLength().isPresent();
    // A conversation beyond the context is not refused: it gets the length of any other prompt.
    return hasLength || room < 1 ? inherited : inherited.withMaxNewTokens(room);
  }

  private static GenerationHooks hooks(
      GenerationListener listener, CancellationHandle cancellation) {
    return GenerationHooks.none().withListener(listener).withCancellation(cancellation);
  }
}
