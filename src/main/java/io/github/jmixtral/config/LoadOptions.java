package io.github.jmixtral.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a checkpoint is loaded and run. Immutable; a wither returns a changed copy: {@code
 * LoadOptions.defaults().withThreads(4)}.
 *
 * @since 0.1.0
 */
public final class LoadOptions {
  private static final LoadOptions DEFAULTS = new LoadOptions(new Values());

  /** Far beyond what makes anything faster; scratch memory grows with it. */
  private static final int MAX_CHUNK_TOKENS = 65_536;

  /** More than makes anything faster; each keeps scratch memory of its own. */
  private static final int MAX_THREADS = 1024;

  private final Values values;

  /** What quantised weights are multiplied with. */
  public enum Activations {
    /** Activations rounded to 8 bits, in groups of 32 with a scale each: fast. */
    I8,

    /** Activations as they are: for comparing with other engines. */
    F32
  }

  /**
   * How keys and values are stored. Whatever the format, they are rounded to it before anyone reads
   * them, so that a prompt gives the same logits in one chunk or many.
   */
  public enum CacheFormat {
    /** Single precision: nothing is lost. */
    F32,

    /** Half precision: half the memory. */
    F16,

    /** 8 bits with a scale for each position and head: a little over a quarter of the memory. */
    I8
  }

  /**
   * What becomes of weights that another program quantised in a way that our tiles do not hold
   * exactly: with scales of more than half precision, with groups of fewer than 32 columns, or with
   * numbers from a table, as NF4 and FP8.
   */
  public enum InexactWeights {
    /**
     * 8-bit tiles. Integers stay as they are where they fit, those of 4 bits in 4-bit tiles, and
     * only their scales are rounded to half precision: a weight changes by a part in 2048 at most.
     * Others are quantised again, with a relative error of about 0.005.
     */
    Q8,

    /**
     * 4-bit tiles, for half the memory. Integers of 4 bits stay as with {@link #Q8}; others are
     * quantised again, with a relative error of about 0.08.
     */
    Q4,

    /** Single precision, exactly: four bytes a weight. */
    F32
  }

  /** What the options say; changed only before anyone else sees it. Null: not set. */
  private static final class Values implements Cloneable {
    private @Nullable Integer threads;
    private @Nullable Integer slidingWindow;
    private int chunkTokens = 512;
    private Activations activations = Activations.I8;
    private CacheFormat cacheFormat = CacheFormat.F32;
    private @Nullable Recipe quantization;
    private @Nullable PreloadListener preload;
    private int maxRequests = 16;
    private int maxWaiting = Integer.MAX_VALUE;
    private @Nullable Long cacheBudget;
    private boolean prefixCache = true;
    private @Nullable InexactWeights inexactWeights;
    private @Nullable Path tileCache;
    private @Nullable Boolean parseSpecialTokens;

    private Values copy() {
      try {
        return (Values) clone();
      } catch (CloneNotSupportedException impossible) {
        throw new AssertionError(impossible);
      }
    }

    private Map<String, Object> set() {
      Map<String, Object> set = new LinkedHashMap<>();
      set.put("threads", threads);
      set.put("slidingWindow", slidingWindow);
      set.put("chunkTokens", chunkTokens);
      set.put("activations", activations);
      set.put("cacheFormat", cacheFormat);
      set.put("quantization", quantization);
      set.put("preload", preload);
      set.put("maxRequests", maxRequests);
      set.put("maxWaiting", maxWaiting == Integer.MAX_VALUE ? null : maxWaiting);
      set.put("cacheBudget", cacheBudget);
      set.put("prefixCache", prefixCache ? null : false);
      set.put("inexactWeights", inexactWeights);
      set.put("tileCache", tileCache);
      set.put("parseSpecialTokens", parseSpecialTokens);
      set.values().removeIf(Objects::isNull);
      return set;
    }
  }

  private LoadOptions(Values values) {
    this.values = values;
  }

  private LoadOptions with(Consumer<Values> change) {
    Values changed = values.copy();
    change.accept(changed);
    return new LoadOptions(changed);
  }

  /** As many threads as the container grants, and the sliding window that config.json asks for. */
  public static LoadOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Sets the number of threads that compute, the caller's included.
   *
   * @param threads 1 … 1024
   * @throws IllegalArgumentException when out of this range
   */
  public LoadOptions withThreads(int threads) {
    requireRange("threads", threads, 1, MAX_THREADS);
    return with(changed -> changed.threads = threads);
  }

  /** {@return the number of threads that compute, the caller's included} */
  public int threads() {
    return values.threads == null ? Runtime.getRuntime().availableProcessors() : values.threads;
  }

  /**
   * Sets how many keys, its own included, a query sees, whatever config.json says.
   *
   * @param slidingWindow 0 for every key before it
   * @throws IllegalArgumentException when negative
   */
  public LoadOptions withSlidingWindow(int slidingWindow) {
    requireRange("sliding window", slidingWindow, 0, Integer.MAX_VALUE);
    return with(changed -> changed.slidingWindow = slidingWindow);
  }

  /** {@return how many keys a query sees, 0 for all; empty: as config.json says} */
  public OptionalInt slidingWindow() {
    return values.slidingWindow == null
        ? OptionalInt.empty()
        : OptionalInt.of(values.slidingWindow);
  }

  /**
   * Sets the maximum number of ids of a prompt that flow through the layers together, 512 by
   * default. Fewer take less memory; more read each expert's weights less often.
   *
   * @param chunkTokens 1 … 65536; a wide model takes as many of them as an array of its holds
   * @throws IllegalArgumentException when out of this range
   */
  public LoadOptions withChunkTokens(int chunkTokens) {
    requireRange("chunk tokens", chunkTokens, 1, MAX_CHUNK_TOKENS);
    return with(changed -> changed.chunkTokens = chunkTokens);
  }

  /** {@return the maximum number of ids of a prompt that flow through the layers together} */
  public int chunkTokens() {
    return values.chunkTokens;
  }

  /** Sets what quantised weights are multiplied with, {@link Activations#I8} by default. */
  public LoadOptions withActivations(Activations activations) {
    Objects.requireNonNull(activations, "activations");
    return with(changed -> changed.activations = activations);
  }

  /** {@return what quantised weights are multiplied with} */
  public Activations activations() {
    return values.activations;
  }

  /**
   * Sets how keys and values are stored. {@link CacheFormat#F32} by default: it equals the
   * reference, and beside the weights a cache is small, unless sequences are many or long.
   */
  public LoadOptions withCacheFormat(CacheFormat cacheFormat) {
    Objects.requireNonNull(cacheFormat, "cacheFormat");
    return with(changed -> changed.cacheFormat = cacheFormat);
  }

  /** {@return how keys and values are stored} */
  public CacheFormat cacheFormat() {
    return values.cacheFormat;
  }

  /**
   * Quantises weights of 16 or 32 bits while they are loaded, into memory outside the Java heap.
   * That is slow and happens with every load; a folder that has been quantised once is mapped in an
   * instant, and so is a {@linkplain #withTileCache tile cache}. Weights that are quantised already
   * stay as they are.
   */
  public LoadOptions withQuantization(Recipe quantization) {
    Objects.requireNonNull(quantization, "quantization");
    return with(changed -> changed.quantization = quantization);
  }

  /** {@return how weights are quantised while they are loaded; empty: not at all} */
  public Optional<Recipe> quantization() {
    return Optional.ofNullable(values.quantization);
  }

  /**
   * Reads all pages of mapped weights while loading, with all threads, so that no later call waits
   * for a disk. Use it where the weights fit into memory; the system may still drop pages when
   * other programs need the memory. By default a page is read when it is first needed.
   *
   * @param preload receives the progress, before that of rearranging weights, where that is needed
   */
  public LoadOptions withPreload(PreloadListener preload) {
    Objects.requireNonNull(preload, "preload");
    return with(changed -> changed.preload = preload);
  }

  /** {@return the listener of reading all pages at loading; empty: pages are read when needed} */
  public Optional<PreloadListener> preload() {
    return Optional.ofNullable(values.preload);
  }

  /**
   * Sets how many requests (generations, scores, embeddings) may run on one model at once, 16 by
   * default; further ones wait, first come first served. Requests that run share their passes. A
   * batch and a beam search are one request, and a stream counts while it is open. Turns of
   * sessions do not count.
   *
   * @throws IllegalArgumentException when not positive
   */
  public LoadOptions withMaxRequests(int maxRequests) {
    requireRange("max requests", maxRequests, 1, Integer.MAX_VALUE);
    return with(changed -> changed.maxRequests = maxRequests);
  }

  /** {@return how many requests may run on one model at once} */
  public int maxRequests() {
    return values.maxRequests;
  }

  /**
   * Sets how many requests may wait until others have ended, any number by default. One more is
   * refused with a {@link java.util.concurrent.RejectedExecutionException}: a server is too busy
   * then.
   *
   * @param maxWaiting 0 for requests that run at once or are refused
   * @throws IllegalArgumentException when negative
   */
  public LoadOptions withMaxWaiting(int maxWaiting) {
    requireRange("max waiting", maxWaiting, 0, Integer.MAX_VALUE);
    return with(changed -> changed.maxWaiting = maxWaiting);
  }

  /** {@return how many requests may wait until others have ended} */
  public int maxWaiting() {
    return values.maxWaiting;
  }

  /**
   * Sets how many bytes the keys and values of all requests and sessions may take. A request
   * reserves what its prompt and all new tokens that it may get need, before it begins; one that
   * does not fit beside the others waits, and one that can never fit is refused with an {@link
   * IllegalArgumentException}. So requests do not run out of memory half-way. What calls of {@code
   * forward} put into caches of their own counts, but is not bounded.
   *
   * <p>By default caches get what the memory of the machine or container holds beside the weights:
   * half of the Java heap at most, which leaves the garbage collector room, and a quarter at least.
   *
   * @throws IllegalArgumentException when not positive
   */
  public LoadOptions withCacheBudget(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("cache budget: expected at least 1, found " + bytes);
    }
    return with(changed -> changed.cacheBudget = bytes);
  }

  /** {@return how many bytes all keys and values may take; empty: as the memory allows} */
  public OptionalLong cacheBudget() {
    return values.cacheBudget == null ? OptionalLong.empty() : OptionalLong.of(values.cacheBudget);
  }

  /**
   * Sets whether what requests compute is kept for prompts that begin with the same ids, by default
   * true: the next turn of a conversation computes only what is new in it, and what many prompts
   * begin with is computed once. It is kept within the cache budget, in what no request has
   * reserved; the least recently used goes first. A text becomes what it becomes without: on
   * quantised weights bit for bit, otherwise except for rounding. Fewer than 64 common ids are
   * computed anew.
   */
  public LoadOptions withPrefixCache(boolean prefixCache) {
    return with(changed -> changed.prefixCache = prefixCache);
  }

  /** {@return whether what requests compute is kept for prompts that begin with the same ids} */
  public boolean prefixCache() {
    return values.prefixCache;
  }

  /**
   * Sets what becomes of weights that another program quantised and our tiles do not hold exactly.
   * By default {@link InexactWeights#Q8}, and {@link InexactWeights#F32} with {@link
   * Activations#F32}. Weights that tiles do hold go into tiles, whatever is set here.
   */
  public LoadOptions withInexactWeights(InexactWeights inexactWeights) {
    Objects.requireNonNull(inexactWeights, "inexactWeights");
    return with(changed -> changed.inexactWeights = inexactWeights);
  }

  /** {@return what becomes of quantised weights that our tiles do not hold exactly} */
  public InexactWeights inexactWeights() {
    if (values.inexactWeights != null) {
      return values.inexactWeights;
    }
    return switch (values.activations) {
      case I8 -> InexactWeights.Q8;
      case F32 -> InexactWeights.F32;
    };
  }

  /**
   * Keeps weights that have to be rearranged while they are loaded, as those of most GGUF files, in
   * a folder. The first loading writes them there, as a quantised folder of the model; the next
   * ones map that and open at once. The weights are the same to the bit as without.
   *
   * <p>A folder may serve many models and the processes of one machine. The model's files are known
   * by their sizes, times and samples of their bytes, wherever they lie; once they change, what was
   * kept of them is replaced. It is made anew, too, where it is incomplete or can't be read. Where
   * the folder can't be written, or has no room, a warning is logged, and the model is loaded
   * without.
   *
   * <p>The weights that lie there are used as they are: only those who may change the model's files
   * should be able to write there.
   *
   * @param tileCache created when absent; needs about the size of each model's file
   * @throws IllegalArgumentException when the name is blank
   */
  public LoadOptions withTileCache(Path tileCache) {
    Objects.requireNonNull(tileCache, "tileCache");
    if (tileCache.toString().isBlank()) {
      throw new IllegalArgumentException("tile cache: expected a folder, found an empty name");
    }
    return with(changed -> changed.tileCache = tileCache);
  }

  /** {@return the folder that keeps rearranged weights; empty: they are rearranged anew} */
  public Optional<Path> tileCache() {
    return Optional.ofNullable(values.tileCache);
  }

  /**
   * Sets whether the text of a special token ({@code </s>}, {@code <|im_end|>}) in a plain text
   * becomes the token's id: in prompts, in scores and embeddings, and in what the model's tokenizer
   * encodes. By default it does what the reference of the tokenizer's file does: with a
   * tokenizer.json or a GGUF file such texts become ids, with a tokenizer.model they stay text. In
   * conversations they always stay text.
   */
  public LoadOptions withParseSpecialTokens(boolean parseSpecialTokens) {
    return with(changed -> changed.parseSpecialTokens = parseSpecialTokens);
  }

  /**
   * {@return whether texts of special tokens become ids; empty: as the reference of the tokenizer's
   * file does}
   */
  public Optional<Boolean> parseSpecialTokens() {
    return Optional.ofNullable(values.parseSpecialTokens);
  }

  private static void requireRange(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s: expected %s, found %d"
              .formatted(
                  name,
                  most == Integer.MAX_VALUE ? "at least " + least : least + " … " + most,
                  value));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LoadOptions that && values.set().equals(that.values.set());
  }

  @Override
  public int hashCode() {
    return values.set().hashCode();
  }

  @Override
  public String toString() {
    return "LoadOptions" + values.set();
  }
}
