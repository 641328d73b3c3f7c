import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import java.io.File;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Times Jlama: {@code measure FOLDER WORK PROMPTS NEW_TOKENS THREADS REPETITIONS OPERATIONS} runs
 * one untimed repetition, then the timed ones, and prints a JSON object for each of these; {@code
 * quantize FROM TO} makes its 4-bit folder. OPERATIONS is how the name of its vector code begins,
 * Native or Panama: anything else that it falls back to is an error.
 */
public final class JlamaPeer {
  private static final SplittableRandom RANDOM = new SplittableRandom(1);

  private JlamaPeer() {}

  /** Runs one of the two. */
  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "quantize" -> quantize(Path.of(arguments[1]), Path.of(arguments[2]));
      case "measure" -> measure(arguments);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    // Its threads would keep the process alive.
    System.exit(0);
  }

  private static void quantize(Path from, Path to) throws Exception {
    SafeTensorSupport.quantizeModel(from, DType.Q4, new String[0], null, Optional.of(to));
  }

  private static void measure(String[] arguments) throws Exception {
    int[] lengths = Arrays.stream(arguments[3].split(",")).mapToInt(Integer::parseInt).toArray();
    int newTokens = Integer.parseInt(arguments[4]);
    int threads = Integer.parseInt(arguments[5]);
    AbstractModel model =
        ModelSupport.loadModel(
            new File(arguments[1]),
            new File(arguments[2]),
            DType.F32,
            DType.I8,
            Optional.empty(),
            Optional.of(threads));
    String operations = TensorOperationsProvider.get().name();
    if (!operations.startsWith(arguments[7])) {
      throw new IllegalStateException("expected " + arguments[7] + ", found " + operations);
    }
    repetition(model, lengths, newTokens);
    for (int i = 0; i < Integer.parseInt(arguments[6]); i++) {
      System.out.println(
          repetition(model, lengths, newTokens).entrySet().stream()
              .map(entry -> "\"%s\": %s".formatted(entry.getKey(), entry.getValue()))
              .collect(Collectors.joining(", ", "{", "}")));
    }
  }

  private static Map<String, Double> repetition(AbstractModel model, int[] lengths, int newTokens)
      throws Exception {
    Map<String, Double> result = new LinkedHashMap<>();
    int shortest = Arrays.stream(lengths).min().orElseThrow();
    for (int length : lengths) {
      int[] ids = RANDOM.ints(length + newTokens, 3, 31000).toArray();
      try (KvBufferCache.KvBuffer cache = cache(model)) {
        long began = System.nanoTime();
        model.batchForward(Arrays.copyOf(ids, length), 0, cache);
        result.put("prefill_" + length, length * 1e9 / (System.nanoTime() - began));
        if (length == shortest) {
          began = System.nanoTime();
          for (int i = length; i < length + newTokens; i++) {
            AbstractTensor state = model.forward(ids[i], i, cache, Optional.empty());
            model.getLogits(state);
          }
          result.put("decode", newTokens * 1e9 / (System.nanoTime() - began));
        }
      }
    }
    return result;
  }

  /** A sequence's cache, which the model hands out to its own callers only. */
  private static KvBufferCache.KvBuffer cache(AbstractModel model) throws Exception {
    Field caches = AbstractModel.class.getDeclaredField("kvBufferCache");
    caches.setAccessible(true);
    return ((KvBufferCache) caches.get(model)).getKvBuffer(UUID.randomUUID());
  }
}
