package io.github.jmixtral.openai.internal.endpoint;

import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.config.ProblemType;
import io.github.jmixtral.generation.Prompt;
import io.github.jmixtral.openai.api.ApiError;
import io.github.jmixtral.openai.api.ApiException;
import io.github.jmixtral.openai.api.ApiRequest;
import io.github.jmixtral.openai.api.Stamp;
import io.github.jmixtral.openai.internal.json.Fields;
import io.github.jmixtral.openai.internal.json.Json;
import io.github.jmixtral.openai.internal.json.Refusal;
import io.github.jmixtral.openai.internal.task.Host;
import io.github.jmixtral.openai.internal.task.TokenLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /v1/score}, as vLLM has it: how well two texts belong together. A model that
 * generates gives the cosine of their embeddings; a classifier with one label reads both, each with
 * BOS in front, and gives its label's probability.
 */
public final class ScoreRequest {
  private static final int MOST_PAIRS = 2048;

  private ScoreRequest() {}

  /**
   * Reads a request.
   *
   * @throws ApiException if it is not valid
   */
  public static ApiRequest read(Fields fields, Host host) {
    host.requireNamed(fields);
    if (host.model().generator().isEmpty()) {
      requireOneLabel(host);
    }
    host.tokenizer(); // pairs are texts
    fields.refuse("truncate_prompt_tokens", "is not supported: inputs are never cut");
    List<String> first = texts(fields, "text_1");
    List<String> second = texts(fields, "text_2");
    if (first.size() != 1 && first.size() != second.size()) {
      throw Refusal.value(
          fields.place("text_1"),
          "must be one text, or as many as text_2, which has %d".formatted(second.size()));
    }
    List<String> firsts =
        IntStream.range(0, second.size())
            .mapToObj(i -> first.get(first.size() == 1 ? 0 : i))
            .toList();
    return host.model().generator().isPresent()
        ? byEmbeddings(first, second, host)
        : byClassifier(firsts, second, host);
  }

  private static List<String> texts(Fields fields, String name) {
    JsonNode value = fields.require(name);
    String place = fields.place(name);
    List<String> texts =
        value.isString()
            ? List.of(Fields.text(place, value))
            : Fields.texts(place, Fields.list(place, value));
    if (texts.isEmpty() || texts.size() > MOST_PAIRS) {
      throw Refusal.value(
          place, "holds %d texts, but must hold 1 to %d".formatted(texts.size(), MOST_PAIRS));
    }
    return texts;
  }

  private static ApiRequest byEmbeddings(List<String> first, List<String> second, Host host) {
    EncodedInputs inputs =
        EncodedInputs.of(Prompt.texts(first.toArray(String[]::new)), "text_1", host)
            .and(EncodedInputs.of(Prompt.texts(second.toArray(String[]::new)), "text_2", host));
    return new PlainRequest(
        stamp -> {
          float[][] vectors = host.generator().embed(inputs.prompts(), EmbeddingRequest.NORMALIZED);
          double[] scores =
              IntStream.range(0, second.size())
                  .mapToDouble(
                      i -> product(vectors[first.size() == 1 ? 0 : i], vectors[first.size() + i]))
                  .toArray();
          return answer(scores, inputs, stamp, host);
        });
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private static void requireOneLabel(Host host) {
    if (host.model().config().numLabels() != 1
        || host.classifier().problemType() == ProblemType.SINGLE_LABEL_CLASSIFICATION) {
      throw new ApiException(
          ApiError.invalid(
              "The model '%s' has %d labels, but only a model with one label gives scores; use /v1/classify."
                  .formatted(host.model().name(), host.model().config().numLabels()),
              "model",
              null));
    }
  }

  private static ApiRequest byClassifier(List<String> first, List<String> second, Host host) {
    List<int[]> pairs = new ArrayList<>();
    for (int i = 0; i < second.size(); i++) {
      int[] pair =
          IntStream.concat(
                  IntStream.of(host.tokenizer().encode(first.get(i), true)),
                  IntStream.of(host.tokenizer().encode(second.get(i), true)))
              .toArray();
      if (pair.length > host.contextLength()) {
        throw TokenLimit.tooLong(pair.length, host, "text_2");
      }
      pairs.add(pair);
    }
    EncodedInputs inputs = new EncodedInputs(pairs);
    return new PlainRequest(
        stamp ->
            answer(
                pairs.stream().mapToDouble(pair -> score(pair, host.classifier())).toArray(),
                inputs,
                stamp,
                host));
  }

  /** A value without bounds becomes a probability. */
  private static double score(int[] pair, MixtralForSequenceClassification classifier) {
    double value = classifier.classify(pair).best().probability();
    return classifier.problemType() == ProblemType.REGRESSION ? 1 / (1 + Math.exp(-value)) : value;
  }

  private static ObjectNode answer(double[] scores, EncodedInputs inputs, Stamp stamp, Host host) {
    ObjectNode answer = Json.object();
    answer.put("id", "score-" + stamp.token());
    answer.put("object", "list");
    answer.put("created", stamp.created().getEpochSecond());
    answer.put("model", host.model().name());
    ArrayNode data = answer.putArray("data");
    for (int i = 0; i < scores.length; i++) {
      data.addObject().put("index", i).put("object", "score").put("score", scores[i]);
    }
    inputs.putUsage(answer);
    return answer;
  }
}
