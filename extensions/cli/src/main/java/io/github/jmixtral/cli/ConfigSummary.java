package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions.CacheFormat;
import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.internal.checkpoint.MachineMemory;
import io.github.jmixtral.internal.checkpoint.ModelSizes;
import io.github.jmixtral.internal.format.ByteSize;
import io.github.jmixtral.internal.network.BlockCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code inspect} prints about a configuration without weights: whether they are worth a
 * download.
 *
 * @param folder where it is
 * @param machine memory of the machine, or what the container grants
 * @param cacheFormat how the cache stores keys and values
 * @param context ids of the sequence whose cache is counted
 */
record ConfigSummary(
    Path folder,
    MixtralConfig config,
    MachineMemory machine,
    CacheFormat cacheFormat,
    int context) {

  private MemorySummary memory() {
    return new MemorySummary(machine, ModelSizes.of(config), Optional.empty());
  }

  private long cacheBytes() {
    return BlockCache.maxByteSize(config, cacheFormat, context);
  }

  ObjectNode toJson() {
    ObjectNode root = JsonLines.object();
    root.put("folder", folder.toString());
    ObjectNode configNode = root.putObject("config");
    entries(config).forEach((key, value) -> configNode.putPOJO(key, value));
    root.put("context", context);
    root.put("cache_bytes", cacheBytes());
    memory().addTo(root);
    return root;
  }

  List<String> toTable() {
    List<String> lines = new ArrayList<>();
    lines.add(TableRow.of("folder", folder));
    lines.addAll(rows(config));
    lines.add(TableRow.of("weights", "none in this folder"));
    lines.add(
        TableRow.of(
            "cache",
            "of %s ids %s".formatted(Numbers.grouped(context), ByteSize.text(cacheBytes()))));
    lines.addAll(memory().rows());
    return lines;
  }

  static List<String> rows(MixtralConfig config) {
    return entries(config).entrySet().stream()
        .map(
            entry ->
                TableRow.of(entry.getKey(), entry.getValue() == null ? "none" : entry.getValue()))
        .toList();
  }

  /** What a configuration says, by the names of {@code config.json}. */
  static Map<String, Object> entries(MixtralConfig config) {
    Map<String, Object> entries = new LinkedHashMap<>();
    entries.put("architectures", config.architectures());
    entries.put("vocab_size", config.vocabSize());
    entries.put("hidden_size", config.hiddenSize());
    entries.put("intermediate_size", config.intermediateSize());
    entries.put("num_hidden_layers", config.numHiddenLayers());
    entries.put("num_attention_heads", config.numAttentionHeads());
    entries.put("num_key_value_heads", config.numKeyValueHeads());
    entries.put("head_dim", config.headDim());
    entries.put("num_local_experts", config.numLocalExperts());
    entries.put("num_experts_per_tok", config.numExpertsPerTok());
    entries.put("max_position_embeddings", config.maxPositionEmbeddings());
    entries.put(
        "sliding_window",
        config.slidingWindow().isPresent() ? config.slidingWindow().getAsInt() : null);
    entries.put("rms_norm_eps", config.rmsNormEps());
    entries.put("rope_theta", config.ropeTheta());
    entries.put("tie_word_embeddings", config.tieWordEmbeddings());
    return entries;
  }
}
