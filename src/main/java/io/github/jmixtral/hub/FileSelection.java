package io.github.jmixtral.hub;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Which files of a model are worth downloading. A model is often stored several times over: as
 * safetensors for the Hub's libraries, as Mistral AI's raw release, as pickles of older days. The
 * first that is there is taken:
 *
 * <pre>
 *   model*.safetensors and their index → other *.safetensors but adapters → consolidated*.safetensors
 *   → pytorch_model*.bin and their index → consolidated*.pt, *.pth
 * </pre>
 *
 * <p>and besides every small file of the top folder: configurations, tokenizers, templates. GGUF
 * files are models of their own, mostly one by the dozen: they are named with patterns.
 */
public final class FileSelection {
  private static final Set<String> WEIGHT_ENDINGS =
      Set.of("safetensors", "bin", "pt", "pth", "gguf", "h5", "msgpack", "onnx", "ckpt");

  /** What is neither weights nor worth having. */
  private static final Predicate<String> USELESS =
      name -> name.startsWith(".") || name.endsWith(".md") || name.contains("/");

  private static final List<Predicate<String>> WEIGHTS_BY_PREFERENCE =
      List.of(
          name -> name.matches("(model|pytorch_model).*\\.safetensors"),
          name -> name.matches("(?!consolidated|adapter_|[^/]+/).*\\.safetensors"),
          name -> name.matches("consolidated.*\\.safetensors"),
          name -> name.matches("pytorch_model.*\\.bin"),
          name -> name.matches("consolidated.*\\.pth?"));

  private final List<String> patterns;

  private FileSelection(List<String> patterns) {
    this.patterns = patterns;
  }

  /** What a model needs to be loaded: nothing, where there are no weights of the kinds above. */
  public static FileSelection needed() {
    return new FileSelection(List.of());
  }

  /**
   * The files whose paths match one of some patterns, such as {@code *.Q4_0.gguf}; {@code **}
   * matches everything.
   *
   * @throws IllegalArgumentException for a pattern that is none
   */
  public static FileSelection matching(List<String> patterns) {
    patterns.forEach(FileSelection::matcher);
    return new FileSelection(List.copyOf(patterns));
  }

  List<RemoteFile> of(List<RemoteFile> files) {
    if (!patterns.isEmpty()) {
      List<PathMatcher> matchers = patterns.stream().map(FileSelection::matcher).toList();
      return files.stream()
          .filter(file -> matchers.stream().anyMatch(one -> one.matches(Path.of(file.name()))))
          .toList();
    }
    return WEIGHTS_BY_PREFERENCE.stream()
        .filter(kind -> files.stream().anyMatch(file -> kind.test(file.name())))
        .findFirst()
        .map(weights -> besides(weights, files))
        .orElse(List.of());
  }

  private static List<RemoteFile> besides(Predicate<String> weights, List<RemoteFile> files) {
    return files.stream()
        .filter(file -> !USELESS.test(file.name()))
        .filter(file -> weights.test(file.name()) || !isWeights(file.name()))
        .toList();
  }

  /** What is expected of a model's files. */
  @Override
  public String toString() {
    return patterns.isEmpty()
        ? "safetensors or a raw release (a pattern names others, as GGUF files)"
        : "a file that matches " + String.join(" or ", patterns);
  }

  private static boolean isWeights(String name) {
    return WEIGHT_ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  private static PathMatcher matcher(String pattern) {
    return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
  }
}
