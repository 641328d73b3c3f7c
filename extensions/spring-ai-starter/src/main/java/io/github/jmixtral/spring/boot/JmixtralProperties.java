package io.github.jmixtral.spring.boot;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.PreloadListener;
import io.github.jmixtral.config.Recipe;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Properties of the model that the application loads.
 *
 * @param model Folder or GGUF file of the model, or the name of a downloaded model in the Hub's
 *     cache, such as mistralai/Mixtral-8x7B-Instruct-v0.1.
 * @param name Name of the model in responses, observations and metrics. By default the name in the
 *     Hub's cache, or that of the folder or file.
 * @param warmUp Whether the application waits at its start until the model's loops are compiled.
 * @param requireVectors Whether the application fails to start where Java cannot compute with
 *     vector instructions.
 * @param load How the model is loaded.
 * @since 0.1.0
 */
@ConfigurationProperties("spring.ai.jmixtral")
public record JmixtralProperties(
    @Nullable String model,
    @Nullable String name,
    @DefaultValue("false") boolean warmUp,
    @DefaultValue("false") boolean requireVectors,
    @DefaultValue Load load) {

  /** The name in responses: the one that is set, or what the model's path ends with. */
  String modelName() {
    if (name != null) {
      return name;
    }
    String path = model == null ? "" : model.replace('\\', '/').replaceAll("/+$", "");
    boolean isHubName = path.matches("[^/.@]+/[^/@]+(@.*)?");
    return isHubName ? path.split("@", 2)[0] : path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * How the model is loaded.
   *
   * @param threads Number of threads that compute. By default as many as the machine or container
   *     grants.
   * @param slidingWindow Number of keys that a query sees, 0 for all. By default as the model's
   *     config.json says.
   * @param chunkTokens Number of tokens of a prompt that flow through the layers together.
   * @param activations What quantised weights are multiplied with.
   * @param cacheFormat How keys and values are stored.
   * @param quantization Recipe by which weights of 16 or 32 bits are quantised while they are
   *     loaded. By default they are not.
   * @param inexactWeights What becomes of weights that another program quantised and 4- or 8-bit
   *     tiles do not hold exactly.
   * @param tileCache Folder that keeps weights as they are rearranged for loading, so that the next
   *     start maps them. By default they are not kept.
   * @param preload Whether all weights are read into memory while the application starts.
   * @param maxRequests Number of requests that may run at once.
   * @param maxWaiting Number of requests that may wait for others. By default any.
   * @param cacheBudget Memory that the keys and values of all requests may take. By default as the
   *     machine or container allows.
   * @param prefixCache Whether what was computed is kept for prompts that begin alike.
   * @param parseSpecialTokens Whether the text of a special token in a plain text becomes that
   *     token. By default as the tokenizer's file says.
   * @since 0.1.0
   */
  public record Load(
      @Nullable Integer threads,
      @Nullable Integer slidingWindow,
      @Nullable Integer chunkTokens,
      LoadOptions.@Nullable Activations activations,
      LoadOptions.@Nullable CacheFormat cacheFormat,
      @Nullable Recipe quantization,
      LoadOptions.@Nullable InexactWeights inexactWeights,
      @Nullable String tileCache,
      @DefaultValue("false") boolean preload,
      @Nullable Integer maxRequests,
      @Nullable Integer maxWaiting,
      @Nullable DataSize cacheBudget,
      @Nullable Boolean prefixCache,
      @Nullable Boolean parseSpecialTokens) {

    /**
     * The options of the library.
     *
     * @throws IllegalArgumentException if a value is out of its range
     */
    LoadOptions options(PreloadListener listener) {
      LoadOptions options = computing(LoadOptions.defaults());
      options = maxRequests == null ? options : options.withMaxRequests(maxRequests);
      options = maxWaiting == null ? options : options.withMaxWaiting(maxWaiting);
      options = cacheBudget == null ? options : options.withCacheBudget(cacheBudget.toBytes());
      options = tileCache == null ? options : options.withTileCache(Path.of(tileCache));
      options = prefixCache == null ? options : options.withPrefixCache(prefixCache);
      options =
          parseSpecialTokens == null ? options : options.withParseSpecialTokens(parseSpecialTokens);
      return preload ? options.withPreload(listener) : options;
    }

    private LoadOptions computing(LoadOptions unset) {
      LoadOptions options = unset;
      options = threads == null ? options : options.withThreads(threads);
      options = slidingWindow == null ? options : options.withSlidingWindow(slidingWindow);
      options = chunkTokens == null ? options : options.withChunkTokens(chunkTokens);
      options = activations == null ? options : options.withActivations(activations);
      options = cacheFormat == null ? options : options.withCacheFormat(cacheFormat);
      options = quantization == null ? options : options.withQuantization(quantization);
      return inexactWeights == null ? options : options.withInexactWeights(inexactWeights);
    }
  }
}
