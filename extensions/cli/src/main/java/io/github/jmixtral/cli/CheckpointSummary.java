package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.Checkpoint;
import io.github.jmixtral.internal.checkpoint.CheckpointContents;
import io.github.jmixtral.internal.checkpoint.CheckpointContents.Share;
import io.github.jmixtral.internal.checkpoint.CheckpointLayout;
import io.github.jmixtral.internal.checkpoint.LoadingPlan;
import io.github.jmixtral.internal.checkpoint.MachineMemory;
import io.github.jmixtral.internal.checkpoint.MixtralWeights;
import io.github.jmixtral.internal.format.ByteSize;
import io.github.jmixtral.internal.network.BlockCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code inspect} prints about a checkpoint.
 *
 * @param folder where it is
 * @param config its configuration, with what the options override
 * @param head {@code language_model}, {@code classifier} or {@code none}
 * @param layout how the tensors are laid out, as {@link CheckpointContents#layout} names it
 * @param files the files of weights, by name
 * @param tokenizer the tokenizer's file, if there is one
 * @param dtypes what is stored in each number format; tiles are Q4 and Q8
 * @param parameters numbers stored
 * @param activeParameters numbers that take part in computing one token
 * @param plan what loading makes of the weights
 * @param tileCache whether weights that loading rearranges are mapped from a folder
 * @param machine memory of the machine, or what the container grants
 * @param cacheFormat how the cache stores keys and values
 * @param context ids of the sequence whose cache is counted
 */
record CheckpointSummary(
    Path folder,
    MixtralConfig config,
    String head,
    String layout,
    List<String> files,
    Optional<String> tokenizer,
    Map<String, Share> dtypes,
    long parameters,
    long activeParameters,
    LoadingPlan plan,
    boolean tileCache,
    MachineMemory machine,
    CacheFormat cacheFormat,
    int context) {

  static CheckpointSummary of(Checkpoint checkpoint, LoadOptions options, int context) {
    MixtralConfig config = checkpoint.config();
    CheckpointContents contents = checkpoint.contents();
    long parameters = contents.total().parameters();
    long ofExperts =
        checkpoint.weights().layers().stream()
            .flatMap(layer -> layer.experts().stream())
            .flatMap(expert -> Stream.of(expert.w1(), expert.w2(), expert.w3()))
            .mapToLong(matrix -> (long) matrix.rows() * matrix.cols())
            .sum();
    int idle = config.numLocalExperts() - config.numExpertsPerTok();
    return new CheckpointSummary(
        checkpoint.folder(),
        config,
        head(checkpoint.weights().head()),
        contents.layout(),
        contents.files().stream().map(file -> file.getFileName().toString()).toList(),
        CheckpointLayout.of(checkpoint.folder())
            .tokenizerFile()
            .map(file -> file.getFileName().toString()),
        contents.formats(),
        parameters,
        parameters - ofExperts / config.numLocalExperts() * idle,
        LoadingPlan.of(checkpoint.weights(), options),
        options.tileCache().isPresent(),
        MachineMemory.detected(),
        options.cacheFormat(),
        context);
  }

  private static String head(MixtralWeights.Head head) {
    return switch (head) {
      case MixtralWeights.Head.LanguageModel _ -> "language_model";
      case MixtralWeights.Head.Classifier _ -> "classifier";
      case MixtralWeights.Head.None _ -> "none";
    };
  }

  /** Bytes of the weights in the files. */
  long weightsBytes() {
    return dtypes.values().stream().mapToLong(Share::bytes).sum();
  }

  /** Bytes of the weights in memory: what is rearranged is not where the file has it. */
  long loadedBytes() {
    long inFiles = plan.parts().stream().mapToLong(LoadingPlan.Part::fileBytes).sum();
    return weightsBytes() - inFiles + plan.mappedBytes() + plan.heldBytes();
  }

  /** Bytes of memory beside mapped files. */
  private long heldBytes() {
    return tileCache ? 0 : plan.heldBytes();
  }

  private MemorySummary memory() {
    return new MemorySummary(
        machine,
        plan.sizes(),
        Optional.of(new MemorySummary.Weights(plan, loadedBytes(), heldBytes())));
  }

  /** Bytes of the cache's keys and values of one id. */
  long cacheBytesPerId() {
    return BlockCache.maxByteSize(config, cacheFormat, 1) / BlockCache.BLOCK;
  }

  /** The most bytes that the cache holds up to the context; a window bounds them. */
  long cacheBytes() {
    return BlockCache.maxByteSize(config, cacheFormat, context);
  }

  ObjectNode toJson() {
    ObjectNode root = JsonLines.object();
    root.put("folder", folder.toString());
    ObjectNode configNode = root.putObject("config");
    ConfigSummary.entries(config).forEach((key, value) -> configNode.putPOJO(key, value));
    root.put("head", head);
    root.put("layout", layout);
    files.forEach(root.putArray("files")::add);
    root.put("tokenizer", tokenizer.orElse(null));
    ObjectNode dtypesNode = root.putObject("dtypes");
    dtypes.forEach(
        (dtype, share) ->
            dtypesNode
                .putObject(dtype)
                .put("tensors", share.tensors())
                .put("parameters", share.parameters())
                .put("bytes", share.bytes()));
    root.put("parameters", parameters);
    root.put("active_parameters", activeParameters);
    root.put("weights_bytes", weightsBytes());
    root.put("context", context);
    root.put("cache_bytes_per_id", cacheBytesPerId());
    root.put("cache_bytes", cacheBytes());
    root.put("memory_bytes", loadedBytes() + cacheBytes());
    root.put(
        "loading_bytes", tileCache ? loadedBytes() : Math.max(loadedBytes(), plan.peakBytes()));
    memory().addTo(root);
    ArrayNode parts = root.putArray("loaded");
    for (LoadingPlan.Part part : plan.parts()) {
      parts
          .addObject()
          .put("kind", part.kind())
          .put("tensors", part.tensors())
          .put("stored", part.stored())
          .put("becomes", part.format())
          .put("exact", part.exact())
          .put("mapped", part.mapped())
          .put("file_bytes", part.fileBytes())
          .put("memory_bytes", part.memoryBytes());
    }
    return root;
  }

  List<String> toTable() {
    List<String> lines = new ArrayList<>();
    lines.add(TableRow.of("folder", folder));
    lines.addAll(ConfigSummary.rows(config));
    lines.add(TableRow.of("head", head));
    lines.add(TableRow.of("layout", "%s, %s".formatted(layout, filesInWords())));
    lines.add(TableRow.of("tokenizer", tokenizer.orElse("none")));
    dtypes.forEach(
        (dtype, share) ->
            lines.add(
                TableRow.of(
                    dtype,
                    "%d tensors, %s".formatted(share.tensors(), ByteSize.text(share.bytes())))));
    lines.add(
        TableRow.of(
            "parameters",
            "%s, of which a token uses %s"
                .formatted(Numbers.grouped(parameters), Numbers.grouped(activeParameters))));
    plan.parts().stream()
        .filter(part -> !part.mapped())
        .forEach(part -> lines.add(TableRow.of(part.kind(), inWords(part))));
    lines.add(
        TableRow.of(
            "memory",
            "weights %s (%s) + cache of %s ids %s = %s"
                .formatted(
                    ByteSize.text(loadedBytes()),
                    placeInWords(),
                    Numbers.grouped(context),
                    ByteSize.text(cacheBytes()),
                    ByteSize.text(loadedBytes() + cacheBytes()))));
    if (heldBytes() > 0) {
      lines.add(TableRow.of("memory while loading", ByteSize.text(plan.peakBytes()) + " at most"));
    }
    lines.addAll(memory().rows());
    return lines;
  }

  private String placeInWords() {
    if (plan.heldBytes() == 0) {
      return "mapped";
    }
    return ByteSize.text(plan.heldBytes())
        + (tileCache ? " of them mapped from the tile cache" : " of them rearranged");
  }

  private static String inWords(LoadingPlan.Part part) {
    return "%d tensors, %s becomes %s %s, %s in the file, %s in memory"
        .formatted(
            part.tensors(),
            part.stored(),
            part.format(),
            part.exact() ? "exactly" : "rounded",
            ByteSize.text(part.fileBytes()),
            ByteSize.text(part.memoryBytes()));
  }

  private String filesInWords() {
    return files.size() == 1 ? files.getFirst() : files.size() + " shards";
  }
}
