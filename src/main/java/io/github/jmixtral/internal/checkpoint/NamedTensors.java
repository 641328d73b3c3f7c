package io.github.jmixtral.internal.checkpoint;

import io.github.jmixtral.error.MalformedFileException;
import io.github.jmixtral.internal.format.Excerpt;
import io.github.jmixtral.internal.format.StoredTensor;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tensors of a checkpoint, taken out by name with their shape checked; remembers what was
 * taken, so that the rest can be refused.
 *
 * @param <T> tensors of one format
 */
final class NamedTensors<T extends StoredTensor> {
  private static final Logger LOGGER = LoggerFactory.getLogger(NamedTensors.class);
  private static final int NAMED_EXTRAS = 5;

  private final Path source;
  private final Map<String, T> tensors;
  private final Set<String> taken = new HashSet<>();

  /**
   * None is taken yet.
   *
   * @param source the folder or file, for messages
   */
  NamedTensors(Path source, Map<String, T> tensors) {
    this.source = source;
    this.tensors = tensors;
  }

  boolean has(String name) {
    return tensors.containsKey(name);
  }

  /**
   * Takes a tensor.
   *
   * @throws MalformedFileException when there is none of that name, or it has another shape
   */
  T take(String name, List<Long> shape) {
    T tensor = tensors.get(name);
    if (tensor == null) {
      throw new MalformedFileException(
          source + ": tensor " + Excerpt.quote(name),
          "the tensor is missing; its shape should be " + shape);
    }
    if (!tensor.shape().equals(shape)) {
      throw new MalformedFileException(
          tensor.place(), "shape " + shape, Excerpt.line("" + tensor.shape()));
    }
    taken.add(name);
    return tensor;
  }

  /** The shape of a tensor that {@link #has} found. */
  List<Long> shape(String name) {
    return Objects.requireNonNull(tensors.get(name), name).shape();
  }

  /** Takes a tensor that {@link #has} found; its shape is the caller's to check. */
  T take(String name) {
    taken.add(name);
    return Objects.requireNonNull(tensors.get(name), name);
  }

  /** Notes that a tensor was taken in another way. */
  void noteTaken(String name) {
    taken.add(name);
  }

  /**
   * Names in a warning what was not taken, as the reference passes over it, too. What stands beside
   * a weight that another program packed is refused: it may be a part of the weight's encoding.
   *
   * @param description what describes the model, for the message
   * @param passedOver the names that may be there for nothing
   * @param isPlain whether a tensor that was taken is a weight by itself
   */
  void warnOfExtras(String description, Predicate<String> passedOver, Predicate<T> isPlain) {
    Set<String> packed = new HashSet<>();
    for (String name : taken) {
      if (has(name) && !isPlain.test(tensors.get(name))) {
        packed.add(module(name));
      }
    }
    refuseExtras(description, name -> passedOver.test(name) || !packed.contains(module(name)));
    List<String> extras =
        tensors.keySet().stream()
            .filter(name -> !taken.contains(name) && !passedOver.test(name))
            .toList();
    if (!extras.isEmpty()) {
      LOGGER.warn(
          "{}: {} tensors are passed over, as no Mixtral as {} describes it has them: {}",
          source,
          extras.size(),
          description,
          extras.stream()
              .limit(NAMED_EXTRAS)
              .map(Excerpt::quote)
              .collect(Collectors.joining(", ")));
    }
  }

  private static String module(String name) {
    return name.substring(0, name.lastIndexOf('.') + 1);
  }

  /**
   * Refuses what was not taken: it would change the model.
   *
   * @param description what describes the model, for the message
   * @param passedOver the names that may be there for nothing
   */
  void refuseExtras(String description, Predicate<String> passedOver) {
    List<T> extras =
        tensors.values().stream()
            .filter(tensor -> !taken.contains(tensor.name()) && !passedOver.test(tensor.name()))
            .toList();
    if (!extras.isEmpty()) {
      T first = extras.getFirst();
      StringBuilder found =
          new StringBuilder("a tensor " + first.kind() + " " + Excerpt.line("" + first.shape()));
      if (extras.size() > 1) {
        found.append(" and ").append(extras.size() - 1).append(" more of the kind:");
        extras.stream()
            .skip(1)
            .limit(NAMED_EXTRAS)
            .forEach(extra -> found.append(' ').append(Excerpt.quote(extra.name())));
      }
      throw new MalformedFileException(
          first.place(),
          "a Mixtral as "
              + description
              + " describes it has no such tensor; the file has "
              + found);
    }
  }
}
