package io.github.jmixtral.cli.synthesis;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.config.Recipe;
import io.github.jmixtral.internal.checkpoint.Mixture;
import io.github.jmixtral.internal.checkpoint.QuantizationConfig;
import io.github.jmixtral.internal.checkpoint.RawLayout;
import io.github.jmixtral.internal.checkpoint.RawNames;
import io.github.jmixtral.internal.checkpoint.TensorShapes;
import io.github.jmixtral.internal.checkpoint.TileTensors;
import io.github.jmixtral.internal.format.AtomicFolder;
import io.github.jmixtral.internal.format.Dtype;
import io.github.jmixtral.internal.format.JsonFile;
import io.github.jmixtral.internal.format.ModelFiles;
import io.github.jmixtral.internal.format.SafetensorsWriter;
import io.github.jmixtral.internal.kernel.WeightFormat;
import io.github.jmixtral.internal.writing.CheckpointWriter;
import io.github.jmixtral.internal.writing.HubTensors;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A folder with seeded random weights, for measuring a shape without downloading a model. The
 * weights of one seed are the same everywhere. Written in bounded memory; appears when complete.
 */
public final class SyntheticCheckpoint {
  private final MixtralConfig config;

  private final Optional<Recipe> recipe;
  private final long seed;

  /**
   * Describes a checkpoint.
   *
   * @param config its shape; widths are multiples of 32
   * @param recipe which weights are quantised, drawn straight in its formats; empty: all are
   *     bfloat16
   * @param seed the same seed gives the same weights
   */
  public SyntheticCheckpoint(MixtralConfig config, Optional<Recipe> recipe, long seed) {
    this.config = config.with(Map.of("dtype", "bfloat16"));
    this.recipe = recipe;
    this.seed = seed;
  }

  /** Bytes of all weights. */
  public long byteSize() {
    return TensorShapes.of(config).stream().mapToLong(t -> declaration(t).byteSize()).sum();
  }

  /**
   * Writes a folder as the Hub lays it out.
   *
   * @param folder absent or empty
   * @param extras adds further files, such as a tokenizer, to the folder that it is given
   * @param progress receives the number of bytes written since the last call
   */
  public void write(Path folder, Consumer<Path> extras, LongConsumer progress) {
    try (AtomicFolder target = new AtomicFolder(folder);
        Arena arena = Arena.ofConfined()) {
      CheckpointWriter.writeTensors(
          target.path(), tensors(arena, progress), CheckpointWriter.DEFAULT_MAX_SHARD_BYTES);
      config.savePretrained(target.path());
      if (recipe.isPresent()) {
        List<String> names =
            TensorShapes.of(config).stream().map(t -> declaration(t).name()).toList();
        QuantizationConfig.addTo(target.path(), recipe, names);
      }
      extras.accept(target.path());
      target.commit();
    }
  }

  /**
   * Writes a folder as Mistral AI lays it out: {@code params.json} and {@code
   * consolidated.safetensors} in bfloat16.
   *
   * @param folder absent or empty
   * @param extras adds further files, such as a tokenizer, to the folder that it is given
   * @param progress receives the number of bytes written since the last call
   */
  public void writeRaw(Path folder, Consumer<Path> extras, LongConsumer progress) {
    try (AtomicFolder target = new AtomicFolder(folder);
        Arena arena = Arena.ofConfined()) {
      List<HubTensors.Stored> renamed =
          tensors(arena, progress).stream().map(SyntheticCheckpoint::renamed).toList();
      CheckpointWriter.writeFile(target.path().resolve(RawLayout.SINGLE_FILE), renamed);
      JsonFile.write(target.path().resolve(ModelFiles.PARAMS), params());
      extras.accept(target.path());
      target.commit();
    }
  }

  private static HubTensors.Stored renamed(HubTensors.Stored tensor) {
    SafetensorsWriter.Declaration hub = tensor.declaration();
    return new HubTensors.Stored(
        new SafetensorsWriter.Declaration(RawNames.of(hub.name()), hub.dtype(), hub.shape()),
        tensor.content());
  }

  private List<HubTensors.Stored> tensors(Arena arena, LongConsumer progress) {
    RandomMatrices matrices = new RandomMatrices(arena, seed);
    return TensorShapes.of(config).stream()
        .map(
            tensor ->
                new HubTensors.Stored(declaration(tensor), content(tensor, matrices, progress)))
        .toList();
  }

  private SafetensorsWriter.Declaration declaration(TensorShapes.Tensor tensor) {
    return switch (tensor) {
      case TensorShapes.Tensor.Norm(String name, int size) ->
          new SafetensorsWriter.Declaration(name, Dtype.BF16, List.of((long) size));
      case TensorShapes.Tensor.Matrix(String name, int rows, int cols) ->
          formatOf(name)
              .map(
                  format ->
                      new SafetensorsWriter.Declaration(
                          TileTensors.nameOf(name, format),
                          Dtype.U8,
                          TileTensors.shape(format, rows, cols)))
              .orElseGet(
                  () ->
                      new SafetensorsWriter.Declaration(
                          name, Dtype.BF16, List.of((long) rows, (long) cols)));
    };
  }

  private HubTensors.Content content(
      TensorShapes.Tensor tensor, RandomMatrices matrices, LongConsumer progress) {
    return switch (tensor) {
      case TensorShapes.Tensor.Norm(_, int size) ->
          (writer, name) -> {
            float[] ones = new float[size];
            Arrays.fill(ones, 1f);
            writer.write(name, ones);
            progress.accept((long) size * Short.BYTES);
          };
      case TensorShapes.Tensor.Matrix(String plainName, int rows, int cols) ->
          (writer, name) ->
              matrices.forEachPart(
                  formatOf(plainName),
                  rows,
                  cols,
                  part -> {
                    writer.write(name, part);
                    progress.accept(part.byteSize());
                  });
    };
  }

  private Map<String, ?> params() {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("dim", config.hiddenSize());
    params.put("n_layers", config.numHiddenLayers());
    params.put("head_dim", config.headDim());
    params.put("hidden_dim", config.intermediateSize());
    params.put("n_heads", config.numAttentionHeads());
    params.put("n_kv_heads", config.numKeyValueHeads());
    params.put("norm_eps", config.rmsNormEps());
    params.put("vocab_size", config.vocabSize());
    params.put("rope_theta", config.ropeTheta());
    params.put("max_position_embeddings", config.maxPositionEmbeddings());
    params.put(
        "moe",
        Map.of(
            "num_experts", config.numLocalExperts(),
            "num_experts_per_tok", config.numExpertsPerTok()));
    return params;
  }

  private Optional<WeightFormat> formatOf(String name) {
    return recipe.flatMap(chosen -> new Mixture(chosen, config.numHiddenLayers()).formatOf(name));
  }
}
