package io.github.jmixtral.spark.internal.task;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.Recipe;
import java.io.Serializable;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model and how it is loaded: equal settings share one model of an executor.
 *
 * @param path a folder or file, or a name in the Hub's cache
 * @param isClassifier whether its head is a classifier's
 * @param tileCache a folder of the executor's host, or null
 * @param threads 0: those that the executor has
 * @param cacheBudget bytes, or null: as the memory allows
 */
public record ModelSettings(
    String path,
    boolean isClassifier,
    @Nullable Recipe quantization,
    @Nullable String tileCache,
    int threads,
    int maxRequests,
    @Nullable Long cacheBudget,
    boolean prefixCache)
    implements Serializable {

  /**
   * The options to load with.
   *
   * @param executorThreads of the executor, where the settings name none; 0: the machine's
   */
  public LoadOptions options(int executorThreads) {
    LoadOptions options =
        LoadOptions.defaults().withMaxRequests(maxRequests).withPrefixCache(prefixCache);
    if (threads > 0 || executorThreads > 0) {
      options = options.withThreads(threads > 0 ? threads : executorThreads);
    }
    if (quantization != null) {
      options = options.withQuantization(quantization);
    }
    if (tileCache != null) {
      options = options.withTileCache(Path.of(tileCache));
    }
    return cacheBudget == null ? options : options.withCacheBudget(cacheBudget);
  }
}
