package io.github.jmixtral.internal.format;

import io.github.jmixtral.error.MissingFileException;
import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which files of a folder hold a model's tensors. In this order:
 *
 * <pre>
 *   model.safetensors, or what model.safetensors.index.json lists
 *   pytorch_model.bin, or what pytorch_model.bin.index.json lists
 *   the files of another name: gptq_model-4bit-128g.safetensors, model-00001-of-00002.safetensors …
 * </pre>
 *
 * <p>For files of another name it must be plain which of them are the model: they are one, or all
 * of a set, or what the only index lists.
 */
sealed interface TensorFiles {
  /** The name of an undivided checkpoint. */
  String SINGLE_FILE = "model.safetensors";

  /** What the name of a list of shards adds to that of an undivided checkpoint. */
  String INDEX = ".index.json";

  /** The one before. */
  String PICKLED_FILE = "pytorch_model.bin";

  /** By name ending: what the tensors lie in. */
  List<String> ENDINGS = List.of(".safetensors", ".bin");

  /** Mistral AI's own releases, adapters, what training leaves behind, logits to compare with. */
  Pattern OTHER_THINGS =
      Pattern.compile(
          "(consolidated|adapter_|optimizer|scheduler|scaler|training_args|random_states|rng_state"
              + "|expected\\.).*");

  /** The name, number and count in a shard's name, and how it ends. */
  Pattern SHARD = Pattern.compile("(.+)-([0-9]{5})-of-([0-9]{5})(\\.safetensors|\\.bin)");

  /**
   * Files that hold everything together.
   *
   * @param files at least one
   */
  record Whole(List<Path> files) implements TensorFiles {}

  /**
   * The files that an index lists.
   *
   * @param index says which file holds which tensor
   */
  record Indexed(Path index) implements TensorFiles {}

  /**
   * Shards of which some are not there.
   *
   * @param missing the first of these
   */
  record Incomplete(Path missing) implements TensorFiles {}

  /**
   * Files that may each be another model.
   *
   * @param files at least two
   */
  record Several(Path folder, List<Path> files) implements TensorFiles {}

  /** What lies in a folder; empty: nothing of the kind. */
  static Optional<TensorFiles> find(Path folder) {
    for (String name : List.of(SINGLE_FILE, PICKLED_FILE)) {
      Path index = folder.resolve(name + INDEX);
      if (Files.exists(folder.resolve(name))) {
        return Optional.of(new Whole(List.of(folder.resolve(name))));
      }
      if (Files.exists(index)) {
        return Optional.of(new Indexed(index));
      }
    }
    for (String ending : ENDINGS) {
      List<Path> indexes = files(folder, ending + INDEX);
      if (indexes.size() == 1) {
        return Optional.of(new Indexed(indexes.getFirst()));
      }
      List<Path> files = files(folder, ending);
      if (!files.isEmpty()) {
        return Optional.of(ofAnyNames(folder, files));
      }
    }
    return Optional.empty();
  }

  private static List<Path> files(Path folder, String ending) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(ending))
          .filter(file -> !OTHER_THINGS.matcher(file.getFileName().toString()).matches())
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(folder + ": cannot be listed", failure);
    }
  }

  private static TensorFiles ofAnyNames(Path folder, List<Path> files) {
    Matcher first = SHARD.matcher(files.getFirst().getFileName().toString());
    if (!first.matches()) {
      return files.size() == 1 ? new Whole(files) : new Several(folder, files);
    }
    List<Path> shards =
        IntStream.rangeClosed(1, Integer.parseInt(first.group(3)))
            .mapToObj(
                number ->
                    folder.resolve(
                        first.group(1)
                            + "-%05d-of-".formatted(number)
                            + first.group(3)
                            + first.group(4)))
            .toList();
    if (!shards.containsAll(files)) {
      return new Several(folder, files);
    }
    return shards.stream()
        .filter(shard -> !Files.exists(shard))
        .findFirst()
        .<TensorFiles>map(Incomplete::new)
        .orElse(new Whole(shards));
  }

  /** Nothing says which of the files are the model, or not all are there. */
  static RuntimeException refusal(Incomplete incomplete) {
    return new MissingFileException(
        incomplete.missing().toString(),
        "this shard of the weights is missing, though others are there; download it again");
  }

  /** Nothing says which of the files are the model. */
  static RuntimeException refusal(Several several) {
    return new UnsupportedCheckpointException(
        several.folder().toString(),
        "which of these %d files is the model is unknown without an index; leave one model in the folder: %s"
            .formatted(
                several.files().size(),
                Excerpt.line(
                    String.join(
                        ", ",
                        several.files().stream()
                            .map(file -> file.getFileName().toString())
                            .toList()))));
  }
}
