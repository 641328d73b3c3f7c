package io.github.jmixtral.openai.ollama;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.OutputFormat;
import io.github.jmixtral.openai.internal.task.Settings;
import io.github.jmixtral.openai.internal.task.TokenLimit;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What a request sets: its {@code options}, its {@code format}, and whether it asks for log
 * probabilities.
 *
 * @param config the settings
 * @param limit of new tokens
 * @param constraint the form of the text
 * @param logprobs whether log probabilities are asked for
 */
record Options(
    GenerationConfig config, TokenLimit limit, Optional<Constraint> constraint, boolean logprobs) {
  private static final int MOST_TOP_LOGPROBS = 20;

  /** Those of a request. */
  static Options read(Fields fields, Host host) {
    Fields options =
        fields.object("options").orElseGet(() -> Fields.at(fields.place("options"), Json.object()));
    options.refuse("mirostat", "is not supported");
    options.refuse("tfs_z", "is not supported");
    fields.refuse("think", "is not supported: this model does not think before it answers");
    fields.refuse("template", "is not supported: the model's own chat format is used");
    GenerationConfig config = Settings.read(options, host);
    boolean logprobs = fields.isTrue("logprobs");
    int top = fields.integer("top_logprobs", 0, MOST_TOP_LOGPROBS).orElse(0);
    return new Options(
        logprobs ? config.withTopLogprobs(top) : config,
        TokenLimit.read(options, List.of("num_predict")),
        format(fields, host),
        logprobs);
  }

  private static Optional<Constraint> format(Fields fields, Host host) {
    Optional<JsonNode> format = fields.find("format");
    if (format.isEmpty() || format.get().isString() && format.get().stringValue().isEmpty()) {
      return Optional.empty();
    }
    String place = fields.place("format");
    if (!format.get().isString()) {
      String schema = Fields.schema(place, format.get());
      return Optional.of(OutputFormat.ofSchema(schema, place, host.constraints()));
    }
    if (!format.get().stringValue().equals("json")) {
      throw Refusal.value(place, "must be \"json\" or a JSON schema");
    }
    return Optional.of(OutputFormat.ofAnyObject(host.constraints()));
  }
}
