package io.github.jmixtral.openai.internal.task;

import io.github.jmixtral.config.GenerationConfig;
import io.github.jmixtral.config.SequenceBias;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** Which tokens are made likelier, and which end a text. */
public final class TokenRules {
  private static final int MOST_STOP_STRINGS = 16;
  private static final int MOST_STOP_IDS = 1000;
  private static final double MOST_BIAS = 100;

  private TokenRules() {}

  /**
   * Settings with those of a request.
   *
   * @param inherited the model's own settings
   * @throws ApiException if a field is not valid
   */
  public static GenerationConfig read(
      Fields fields, GenerationConfig unset, GenerationConfig inherited, int vocabSize) {
    GenerationConfig config = withStops(fields, unset);
    OptionalInt minTokens = fields.integer("min_tokens", 0, Integer.MAX_VALUE);
    config = minTokens.isPresent() ? config.withMinNewTokens(minTokens.getAsInt()) : config;
    int[] stopIds = ids(fields, "stop_token_ids", vocabSize);
    boolean ignoresEos = fields.isTrue("ignore_eos");
    if (ignoresEos || stopIds.length > 0) {
      int[] eosIds = ignoresEos ? new int[0] : inherited.eosTokenIds().orElse(new int[0]);
      config =
          config.withEosTokenIds(
              IntStream.concat(IntStream.of(eosIds), IntStream.of(stopIds)).distinct().toArray());
    }
    Optional<JsonNode> bias = fields.find("logit_bias");
    return bias.isPresent()
        ? config.withSequenceBias(biases(fields.place("logit_bias"), bias.get(), vocabSize))
        : config;
  }

  private static GenerationConfig withStops(Fields fields, GenerationConfig unset) {
    GenerationConfig config =
        unset.withIncludeStopString(fields.isTrue("include_stop_str_in_output"));
    Optional<JsonNode> stop = fields.find("stop");
    if (stop.isEmpty()) {
      return config;
    }
    String place = fields.place("stop");
    List<String> texts =
        stop.get().isString()
            ? List.of(Fields.text(place, stop.get()))
            : Fields.texts(place, Fields.list(place, stop.get()));
    if (texts.size() > MOST_STOP_STRINGS) {
      throw Refusal.value(
          place,
          "holds %d texts, but may hold %d at most".formatted(texts.size(), MOST_STOP_STRINGS));
    }
    if (texts.contains("")) {
      throw Refusal.value(place, "holds an empty text, which would end every answer");
    }
    return texts.isEmpty() ? config : config.withStopStrings(texts.toArray(String[]::new));
  }

  private static int[] ids(Fields fields, String name, int vocabSize) {
    List<JsonNode> values = fields.list(name).orElse(List.of());
    String place = fields.place(name);
    if (values.size() > MOST_STOP_IDS) {
      throw Refusal.value(
          place, "holds %d ids, but may hold %d at most".formatted(values.size(), MOST_STOP_IDS));
    }
    return IntStream.range(0, values.size())
        .map(i -> Fields.integer(place + "[" + i + "]", values.get(i), 0, vocabSize - 1))
        .toArray();
  }

  /** Of {@code {"15043": -100}} as OpenAI has it, or {@code [[15043, false]]} as llama.cpp. */
  private static SequenceBias[] biases(String place, JsonNode node, int vocabSize) {
    List<SequenceBias> biases = new ArrayList<>();
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        int id = id(place, entry.getKey(), vocabSize);
        biases.add(new SequenceBias(bias(place + "." + id, entry.getValue()), id));
      }
    } else {
      List<JsonNode> pairs = Fields.list(place, node);
      for (int i = 0; i < pairs.size(); i++) {
        String where = place + "[" + i + "]";
        List<JsonNode> pair = Fields.list(where, pairs.get(i));
        if (pair.size() != 2) {
          throw Refusal.value(where, "must be a pair of a token id and a number");
        }
        biases.add(
            new SequenceBias(
                bias(where + "[1]", pair.get(1)),
                Fields.integer(where + "[0]", pair.get(0), 0, vocabSize - 1)));
      }
    }
    return biases.toArray(SequenceBias[]::new);
  }

  private static int id(String place, String text, int vocabSize) {
    try {
      int id = Integer.parseInt(text);
      if (id >= 0 && id < vocabSize) {
        return id;
      }
    } catch (NumberFormatException _) {
      // Refused below.
    }
    throw Refusal.value(
        place,
        "must have token ids from 0 to %d as keys, but has %s"
            .formatted(vocabSize - 1, Refusal.excerpt(text)));
  }

  private static double bias(String place, JsonNode value) {
    boolean bans = value.isBoolean() && !value.booleanValue();
    return bans ? -MOST_BIAS : Fields.number(place, value, -MOST_BIAS, MOST_BIAS);
  }
}
