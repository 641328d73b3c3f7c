package io.github.jmixtral;

import io.github.jmixtral.config.EmbeddingConfig;
import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.generation.Generation;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.generation.TextScore;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.decoding.Admission;
import io.github.jmixtral.internal.decoding.Embedder;
import io.github.jmixtral.internal.decoding.PassScheduler;
import io.github.jmixtral.internal.decoding.PrefixCache;
import io.github.jmixtral.internal.decoding.Scorer;
import io.github.jmixtral.internal.network.LanguageModel;
import io.github.jmixtral.model.CausalLMOutput;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * A Mixtral that generates text: model, tokenizer and generation settings of one folder.
 *
 * <pre>{@code
 * try (var model = MixtralForCausalLM.fromPretrained("mistralai/Mixtral-8x7B-Instruct-v0.1")) {
 *   System.out.println(model.generate("My favourite condiment is").text());
 *
 *   Generation answer =
 *       model
 *           .request(Prompt.chat(ChatMessage.user("Why is the sky blue?")))
 *           .withConfig(config -> config.withMaxNewTokens(100).withDoSample(true))
 *           .onToken(token -> System.out.print(token.text()))
 *           .generate();
 * }
 * }</pre>
 *
 * <p>A {@link Prompt} is a text, token ids, or a conversation. A {@link GenerationRequest} adds
 * settings, listeners and constraints to it, and is generated at once, as a stream, by a publisher,
 * or in the background. A {@link Session} keeps a conversation and computes only what is new in it.
 *
 * <p>A setting that a call leaves unset is inherited: first from the model's {@code
 * generation_config.json} ({@link #generationConfig()}), then from the defaults that {@link
 * GenerationConfig} documents. Without any length, a text gets 256 new tokens, and an answer in a
 * conversation as many as fit into {@code max_position_embeddings} and into the request's share of
 * the cache budget ({@link LoadOptions#withCacheBudget}), or 4096 where that is more and fits.
 *
 * <p>Immutable and thread-safe: threads may generate with one model at once, up to {@link
 * LoadOptions#withMaxRequests}; further calls wait in the order in which they came. Those that run
 * share their passes through the model (continuous batching): each pass computes the next id of
 * every text and a piece of a waiting prompt, so that together they are faster than one after the
 * other. A request becomes what it becomes alone: on quantised weights bit for bit, otherwise
 * except for rounding. What is slow or fails in one of them, such as a listener, harms no other.
 *
 * <p>Passes are computed on the threads of the callers that wait for them. A virtual thread waits
 * without a carrier, but computes on one; to compute elsewhere, let it wait for {@link
 * GenerationRequest#generateAsync} or {@link GenerationRequest#stream}.
 *
 * @since 0.1.0
 */
public final class MixtralForCausalLM implements AutoCloseable {
  private final LanguageModel model;
  private final Engine engine;
  private final Scorer scorer;
  private final Embedder embedder;

  private MixtralForCausalLM(
      LanguageModel model,
      ModelTokenizer tokenizer,
      GenerationConfig generationConfig,
      LoadOptions options) {
    this.model = model;
    var admission = new Admission(options.maxRequests(), options.maxWaiting(), model.cacheMemory());
    var scheduler = new PassScheduler(model);
    var prefixes = new PrefixCache(model, options.prefixCache());
    engine =
        new Engine(model, tokenizer, generationConfig, options, scheduler, prefixes, admission);
    scorer = new Scorer(model, scheduler, prefixes, admission);
    embedder = new Embedder(model, scheduler, admission);
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
    Objects.requireNonNull(options, "options");
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
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(options, "options");
    CheckpointLayout layout = CheckpointLayout.of(path);
    ModelTokenizer tokenizer = ModelTokenizer.of(layout, options);
    LanguageModel model = LanguageModel.fromPretrained(path, options);
    return new MixtralForCausalLM(
        model, tokenizer, layout.generationSettings(model.config()), options);
  }

  /** Continues a text with the model's own settings. */
  public Generation generate(String prompt) {
    return request(Prompt.text(prompt)).generate();
  }

  /** Answers a conversation with the model's own settings. */
  public Generation generate(List<ChatMessage> messages) {
    Objects.requireNonNull(messages, "messages");
    return request(Prompt.chat(messages)).generate();
  }

  /**
   * Continues a prompt.
   *
   * @param config the settings that differ from the model's
   * @return a text with its ids, counts and times
   * @throws MissingFileException if the prompt needs a tokenizer and the model has none
   * @throws IllegalArgumentException if the settings do not fit the prompt or the model
   * @throws IllegalStateException if the model is closed
   */
  public Generation generate(Prompt prompt, GenerationConfig config) {
    return request(prompt).withConfig(config).generate();
  }

  /**
   * Continues several prompts at once, which reads the weights once for all of them. A text is what
   * its prompt alone would become, on quantised weights bit for bit. With a seed, the i-th text of
   * the result draws with seed + i.
   *
   * @param config the settings that differ from the model's, for all prompts; {@code
   *     num_return_sequences} texts are returned for each, by sampling or beam search
   * @return the texts of the first prompt, then those of the next
   * @throws MissingFileException if a prompt needs a tokenizer and the model has none
   * @throws IllegalArgumentException if the settings do not fit a prompt or the model
   * @throws IllegalStateException if the model is closed
   */
  public List<Generation> generate(List<Prompt> prompts, GenerationConfig config) {
    Objects.requireNonNull(prompts, "prompts");
    Objects.requireNonNull(config, "config");
    GenerationConfig inherited = engine.inherited(config);
    OptionalLong seed = inherited.seed();
    long texts = inherited.numReturnSequences().orElse(1);
    return generateAll(
        IntStream.range(0, prompts.size())
            .mapToObj(
                i ->
                    request(prompts.get(i))
                        .withConfig(
                            seed.isPresent()
                                ? config.withSeed(seed.getAsLong() + i * texts)
                                : config))
            .toList());
  }

  /**
   * Continues the prompts of several requests at once, each with its own settings, listeners and
   * cancellation. A request becomes what it becomes alone; its listeners learn from {@link
   * io.github.jmixtral.generation.GeneratedToken#sequenceIndex} which of its {@code
   * num_return_sequences} texts a token belongs to. With a seed, the i-th text of a request draws
   * with seed + i.
   *
   * @param requests of this model, made by {@link #request}
   * @return the texts of the first request, then those of the next
   * @throws IllegalArgumentException if a request belongs to a session or another model, or its
   *     settings do not fit its prompt or the model
   * @throws IllegalStateException if the model is closed
   */
  public List<Generation> generateAll(List<GenerationRequest> requests) {
    Objects.requireNonNull(requests, "requests");
    return engine.loop().run(requests.stream().map(request -> request.inBatchOf(engine)).toList());
  }

  /** A prompt to continue, with settings, listeners and more, in any of the ways of a request. */
  public GenerationRequest request(Prompt prompt) {
    return new GenerationRequest(engine, engine, prompt);
  }

  /**
   * Bytes of all caches and sessions of this model: 0 when all are closed. What is only kept for
   * prompts to come ({@link LoadOptions#withPrefixCache}) does not count.
   */
  public long cacheByteSize() {
    return model.cacheByteSize();
  }

  /** How many requests run now, at most {@link LoadOptions#maxRequests}. */
  public int runningRequestCount() {
    return engine.admission().running();
  }

  /** How many requests wait now, for a place or for cache memory. */
  public int waitingRequestCount() {
    return engine.threads().waiting() + engine.admission().waiting();
  }

  /**
   * How many passes over the weights all requests have taken together: fewer than tokens where
   * requests share passes.
   */
  public long passCount() {
    return engine.scheduler().passes();
  }

  /**
   * How many sequences these passes computed a piece of, all together: by {@link #passCount}, the
   * mean size of a batch.
   */
  public long passSequenceCount() {
    return engine.scheduler().sequences();
  }

  /** An empty conversation, which keeps what it has computed from turn to turn. */
  public Session newSession() {
    return new Session(engine);
  }

  /**
   * How likely the model finds a prompt, id by id.
   *
   * @throws MissingFileException if the prompt needs a tokenizer and the model has none
   * @throws IllegalArgumentException if the prompt becomes fewer than two ids: nothing predicts the
   *     first
   */
  public TextScore score(Prompt prompt) {
    Objects.requireNonNull(prompt, "prompt");
    return scorer.score(engine.encode(prompt));
  }

  /**
   * How likely the model finds each of several continuations of a text, which is computed once. The
   * likeliest is that with the largest {@link TextScore#sum()}, or, whatever their lengths, the
   * largest {@link TextScore#mean()}.
   *
   * <p>Text and choice are joined and encoded as one text, as a model has seen texts in its
   * training, so that a prompt may end with a space or within a word. Of each choice, the ids
   * behind the longest beginning that all joined texts share with the prompt's own ids are scored,
   * which as a rule is the whole prompt:
   *
   * <pre>
   * prompt "The cat", choices " sat", "tle"
   * The cat      → ▁The ▁cat
   * The cat sat  → ▁The ▁cat ▁sat
   * The cattle   → ▁The ▁cattle
   * shared: ▁The; scored: ▁cat ▁sat and ▁cattle
   * </pre>
   *
   * @param choices at least one, none empty
   * @return the scores in the order of the choices
   * @throws MissingFileException if the model has no tokenizer
   * @throws IllegalArgumentException if there is no choice, or an empty one, or a joined text
   *     shares no id with the prompt
   */
  public List<TextScore> score(String prompt, List<String> choices) {
    Objects.requireNonNull(prompt, "prompt");
    Objects.requireNonNull(choices, "choices");
    return scorer.score(tokenizer(), prompt, choices);
  }

  /**
   * As {@link #score(String, List)} for ids, used as they are.
   *
   * @param promptIds at least one
   * @param choices at least one of at least one id each
   */
  public List<TextScore> score(int[] promptIds, List<int[]> choices) {
    Objects.requireNonNull(promptIds, "promptIds");
    Objects.requireNonNull(choices, "choices");
    return scorer.score(promptIds, choices);
  }

  /**
   * The mean of a prompt's final hidden states [hidden].
   *
   * @throws MissingFileException if the prompt needs a tokenizer and the model has none
   * @throws IllegalArgumentException if the prompt becomes no ids
   */
  public float[] embed(Prompt prompt) {
    return embed(List.of(prompt), EmbeddingConfig.defaults())[0];
  }

  /**
   * Pooled hidden states of prompts, each as if it were alone [prompts, hidden].
   *
   * @throws MissingFileException if a prompt needs a tokenizer and the model has none
   * @throws IllegalArgumentException if a prompt becomes no ids
   */
  public float[][] embed(List<Prompt> prompts, EmbeddingConfig config) {
    Objects.requireNonNull(prompts, "prompts");
    Objects.requireNonNull(config, "config");
    return embedder.embed(prompts.stream().map(engine::encode).toList(), config);
  }

  /**
   * A session that {@link Session#save} wrote, with its messages. The file is mapped, so that
   * nothing is computed or copied; until the session is closed and collected, the file must stay as
   * it is, but may be replaced by another of its name.
   *
   * @throws io.github.jmixtral.error.JmixtralException if there is no such file, or it is damaged
   *     or was written with another model, window, cache format, activations or version
   * @throws IllegalStateException if the model is closed
   * @throws java.io.UncheckedIOException if the file cannot be read
   */
  public Session openSession(Path file) {
    Objects.requireNonNull(file, "file");
    return Session.open(engine, file);
  }

  /**
   * An empty cache for one sequence, for {@link ModelInput#withCache}: {@link #forward} continues
   * where the cache's sequence ends.
   */
  public KeyValueCache newCache() {
    return model.newCache();
  }

  /**
   * Runs the model over a batch of sequences: logits, and what else the input asks for. The batch
   * takes turns with the passes that requests share: its outputs and masks are not theirs.
   *
   * @param input ids or embeddings, [batch, columns]
   * @return logits [batch, kept columns, vocab] and the rest as {@link CausalLMOutput} says
   * @throws IllegalArgumentException when ids, shapes, mask or caches do not fit the model
   * @throws IllegalStateException when the model is closed
   */
  public CausalLMOutput forward(ModelInput input) {
    Objects.requireNonNull(input, "input");
    return model.forward(input);
  }

  /**
   * Runs the loops until they are compiled, so that the first call is as fast as later ones; a few
   * seconds at most.
   *
   * @throws IllegalStateException if the model is closed
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
    Objects.requireNonNull(target, "target");
    engine
        .tokenizer()
        .savePretrained(
            target,
            () -> {
              model.savePretrained(target);
              generationConfig().savePretrained(target);
            });
  }

  /** The model's configuration. */
  public MixtralConfig config() {
    return model.config();
  }

  /** The settings that calls inherit: {@code generation_config.json} over {@code config.json}. */
  public GenerationConfig generationConfig() {
    return engine.generationConfig();
  }

  /** Whether the folder has a tokenizer. */
  public boolean hasTokenizer() {
    return engine.tokenizer().found().isPresent();
  }

  /**
   * The folder's tokenizer.
   *
   * @throws MissingFileException when it has none
   */
  public Tokenizer tokenizer() {
    return engine.tokenizer().require();
  }

  /**
   * Cancels streams, publishers and futures, waits for the calls under way in other threads, and
   * frees the memory. Later calls throw an {@link IllegalStateException}.
   */
  @Override
  public void close() {
    engine.close();
  }
}
