package io.github.jmixtral;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.internal.network.DecoderStack;
import io.github.jmixtral.model.KeyValueCache;
import io.github.jmixtral.model.ModelInput;
import io.github.jmixtral.model.ModelOutput;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A Mixtral without a head: ids in, hidden states out.
 *
 * <pre>{@code
 * try (var model = MixtralModel.fromPretrained("mistralai/Mixtral-8x7B-v0.1")) {
 *   float[][][] states = model.forward(ModelInput.ofIds(ids)).lastHiddenState();
 * }
 * }</pre>
 *
 * <p>Immutable and thread-safe: calls take turns, first come first served.
 *
 * @since 0.1.0
 */
public final class MixtralModel implements AutoCloseable {
  private final DecoderStack stack;

  private MixtralModel(DecoderStack stack) {
    this.stack = stack;
  }

  /** As {@link #fromPretrained(String, LoadOptions)} with {@link LoadOptions#defaults()}. */
  public static MixtralModel fromPretrained(String pathOrName) {
    return fromPretrained(pathOrName, LoadOptions.defaults());
  }

  /**
   * As {@link #fromPretrained(Path, LoadOptions)}, from a path or by the name of a model in the
   * Hub's cache. Nothing is downloaded: see {@link io.github.jmixtral.hub.HubDownload}.
   *
   * @param pathOrName a folder, a file, {@code ORG/NAME} or {@code ORG/NAME@REVISION}
   */
  public static MixtralModel fromPretrained(String pathOrName, LoadOptions options) {
    Objects.requireNonNull(options, "options");
    return fromPretrained(HubCache.ofEnvironment(System.getenv()).locate(pathOrName), options);
  }

  /** As {@link #fromPretrained(Path, LoadOptions)} with {@link LoadOptions#defaults()}. */
  public static MixtralModel fromPretrained(Path path) {
    return fromPretrained(path, LoadOptions.defaults());
  }

  /**
   * Loads a model as {@link MixtralForCausalLM#fromPretrained(Path, LoadOptions)} does. The head of
   * a language model or classifier is ignored.
   *
   * @throws io.github.jmixtral.error.JmixtralException if a file is missing, damaged or asks for
   *     something that jmixtral does not do
   * @throws java.io.UncheckedIOException if a file can't be read
   */
  public static MixtralModel fromPretrained(Path path, LoadOptions options) {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(options, "options");
    return new MixtralModel(DecoderStack.fromPretrained(path, options));
  }

  /**
   * Runs all layers and the final norm over a batch of sequences.
   *
   * @param input ids or embeddings [batch, columns], without labels
   * @return the last hidden states [batch, columns, hidden] and what else the input asks for
   * @throws IllegalArgumentException if ids, shapes, mask or caches do not fit the model, or there
   *     are labels
   * @throws IllegalStateException if the model is closed
   */
  public ModelOutput forward(ModelInput input) {
    Objects.requireNonNull(input, "input");
    return stack.forward(input);
  }

  /** An empty cache for one sequence, for {@link ModelInput#withCache}. */
  public KeyValueCache newCache() {
    return stack.newCache();
  }

  /** The model's configuration. */
  public MixtralConfig config() {
    return stack.config();
  }

  /**
   * Runs the loops until they are compiled, so that the first call is as fast as later ones; a few
   * seconds at most.
   *
   * @throws IllegalStateException if the model is closed
   */
  public void warmUp() {
    stack.warmUp();
  }

  /**
   * Writes configuration and weights, without a head, into a folder that {@link #fromPretrained}
   * reads.
   *
   * @param target created when absent; may hold a tokenizer, but no weights
   * @throws IllegalArgumentException if it holds weights
   * @throws IllegalStateException if the model is closed
   * @throws java.io.UncheckedIOException if the folder can't be written
   */
  public void savePretrained(Path target) {
    Objects.requireNonNull(target, "target");
    stack.savePretrained(target);
  }

  /**
   * Waits for the forward pass that runs, then ends the model's threads and unmaps the weights.
   * Later calls throw {@link IllegalStateException}.
   */
  @Override
  public void close() {
    stack.close();
  }
}
