package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.config.MixtralConfig;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.tokenizer.ChatMessage;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.Tool;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What lists of models and {@code /api/show} say of the served model. */
final class ModelSheet {
  private static final String FAMILY = "mixtral";

  /** A model stays as long as its server. */
  private static final String NEVER = "9999-12-31T23:59:59Z";

  private final Host host;
  private final MixtralConfig config;

  ModelSheet(Host host) {
    this.host = host;
    config = host.model().config();
  }

  ObjectNode tags() {
    ObjectNode list = Json.object();
    ObjectNode entry = entry(list);
    entry.put("modified_at", host.model().created().toString());
    return list;
  }

  ObjectNode running() {
    ObjectNode list = Json.object();
    ObjectNode entry = entry(list);
    entry.put("expires_at", NEVER);
    entry.put("size_vram", 0);
    entry.put("context_length", host.contextLength());
    return list;
  }

  private ObjectNode entry(ObjectNode list) {
    ObjectNode entry = list.putArray("models").addObject();
    entry.put("name", host.model().name());
    entry.put("model", host.model().name());
    entry.put("size", host.model().byteSize());
    entry.put("digest", host.digest());
    entry.set("details", details());
    return entry;
  }

  private ObjectNode details() {
    ObjectNode details = Json.object();
    details.put("parent_model", "");
    details.put("format", "safetensors");
    details.put("family", FAMILY);
    details.putArray("families").add(FAMILY);
    details.put("parameter_size", size(parameterCount()));
    details.put("quantization_level", config.dtype().toUpperCase(Locale.ROOT));
    return details;
  }

  ObjectNode show() {
    Optional<Tokenizer> tokenizer = host.model().tokenizer();
    ObjectNode sheet = Json.object();
    sheet.put("modelfile", "");
    sheet.put("parameters", "");
    sheet.put("template", tokenizer.flatMap(Tokenizer::chatTemplate).orElse(""));
    sheet.set("details", details());
    ObjectNode info = sheet.putObject("model_info");
    info.put("general.architecture", FAMILY);
    info.put("general.parameter_count", parameterCount());
    info.put(FAMILY + ".context_length", host.contextLength());
    info.put(FAMILY + ".embedding_length", config.hiddenSize());
    info.put(FAMILY + ".block_count", config.numHiddenLayers());
    info.put(FAMILY + ".feed_forward_length", config.intermediateSize());
    info.put(FAMILY + ".attention.head_count", config.numAttentionHeads());
    info.put(FAMILY + ".attention.head_count_kv", config.numKeyValueHeads());
    info.put(FAMILY + ".expert_count", config.numLocalExperts());
    info.put(FAMILY + ".expert_used_count", config.numExpertsPerTok());
    info.put(FAMILY + ".vocab_size", config.vocabSize());
    ArrayNode capabilities = sheet.putArray("capabilities");
    if (host.model().generator().isPresent()) {
      capabilities.add("completion").add("embedding");
      if (tokenizer.isPresent() && hasTools()) {
        capabilities.add("tools");
      }
    }
    sheet.put("modified_at", host.model().created().toString());
    return sheet;
  }

  /** Whether the model's chat format takes tools. */
  private boolean hasTools() {
    Tool any = Tool.of("any", "", "{\"type\": \"object\"}");
    try {
      return Prompt.chat(List.of(ChatMessage.user("?")), List.of(any))
              .encode(host::tokenizer)
              .length
          > 0;
    } catch (IllegalArgumentException refusal) {
      return false;
    }
  }

  private long parameterCount() {
    long hidden = config.hiddenSize();
    long queries = (long) config.headDim() * config.numAttentionHeads();
    long keys = (long) config.headDim() * config.numKeyValueHeads();
    long attention = 2 * hidden * (queries + keys);
    long experts = config.numLocalExperts() * (3 * hidden * config.intermediateSize() + hidden);
    long layers = config.numHiddenLayers() * (attention + experts + 2 * hidden);
    long vocabulary = config.vocabSize() * hidden;
    return layers + hidden + (config.tieWordEmbeddings() ? vocabulary : 2 * vocabulary);
  }

  /** {@code 46.7B}, {@code 3.4M}. */
  private static String size(long count) {
    return count >= 1e9
        ? String.format(Locale.ROOT, "%.1fB", count / 1e9)
        : String.format(Locale.ROOT, "%.1fM", count / 1e6);
  }
}
