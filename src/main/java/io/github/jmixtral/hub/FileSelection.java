package io.github.jmixtral.hub;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which files of a model are worth downloading. A model is often stored several times over: as
 * safetensors for the Hub's libraries, as Mistral AI's raw release, as older files of PyTorch. The
 * first that is there is taken:
 *
 * <pre>
 *   model*.safetensors and their index → other *.safetensors but adapters → consolidated*.safetensors
 *   → pytorch_model*.bin and their index → consolidated*.pt, *.pth
 * </pre>
 *
 * <p>and besides every small file of the top folder: configurations, tokenizers, templates; and the
 * template of conversations with tools, which has a folder of its own. A GGUF file is a whole
 * model, and a repository holds a dozen of them: choose one by a pattern.
 *
 * @since 0.1.0
 */
public final class FileSelection {
  private static final Set<String> WEIGHT_ENDINGS =
      Set.of("safetensors", "bin", "pt", "pth", "gguf", "h5", "msgpack", "onnx", "ckpt");

  /** The one file outside the top folder that a model needs. */
  private static final String TOOL_USE_TEMPLATE = "additional_chat_templates/tool_use.jinja";

  /** What is neither weights nor worth having. */
  private static final Predicate<String> USELESS =
      name ->
          name.startsWith(".")
              || name.endsWith(".md")
              || name.contains("/") && !name.equals(TOOL_USE_TEMPLATE);

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
   * The files whose paths match one of some patterns, as the Hub's own tools read them: {@code *}
   * and {@code ?} match slashes, too, {@code [a-z]} and {@code [!a-z]} one character, and a pattern
   * that ends with a slash all of a folder: {@code *.Q4_0.gguf}, {@code Mixtral-Q8_0/}.
   *
   * @throws IllegalArgumentException for a pattern that is none
   */
  public static FileSelection matching(List<String> patterns) {
    Objects.requireNonNull(patterns, "patterns");
    patterns.forEach(FileSelection::matcher);
    return new FileSelection(List.copyOf(patterns));
  }

  List<RemoteFile> of(List<RemoteFile> files) {
    if (!patterns.isEmpty()) {
      List<Predicate<String>> matchers = patterns.stream().map(FileSelection::matcher).toList();
      return files.stream()
          .filter(file -> matchers.stream().anyMatch(one -> one.test(file.name())))
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
        ? "weights in safetensors or of a raw release (name others by a pattern, such as *.gguf)"
        : "a file that matches " + String.join(" or ", patterns);
  }

  private static boolean isWeights(String name) {
    return WEIGHT_ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  /** As Python's fnmatch reads a pattern. */
  private static Predicate<String> matcher(String pattern) {
    String whole = pattern.endsWith("/") ? pattern + "*" : pattern;
    StringBuilder regex = new StringBuilder("(?s)");
    for (int i = 0; i < whole.length(); i++) {
      char c = whole.charAt(i);
      int end = c == '[' ? endOfSet(whole, i) : -1;
      if (c == '*') {
        regex.append(".*");
      } else if (c == '?') {
        regex.append('.');
      } else if (end > 0) {
        boolean isNegated = whole.charAt(i + 1) == '!';
        String set = whole.substring(i + (isNegated ? 2 : 1), end);
        regex.append(isNegated ? "[^" : "[").append(set.replaceAll("[\\[\\]\\\\^&]", "\\\\$0"));
        regex.append(']');
        i = end;
      } else {
        regex.append(Pattern.quote("" + c));
      }
    }
    try {
      return Pattern.compile(regex.toString()).asMatchPredicate();
    } catch (PatternSyntaxException failure) {
      throw new IllegalArgumentException(
          "pattern: '" + pattern + "' is no pattern such as *.gguf or [a-z]*", failure);
    }
  }

  /** Where the set of characters ends that begins at a bracket; -1: it does not. */
  private static int endOfSet(String pattern, int bracket) {
    int first = bracket + 1;
    if (first < pattern.length() && pattern.charAt(first) == '!') {
      first++;
    }
    return pattern.indexOf(']', first + 1);
  }
}
