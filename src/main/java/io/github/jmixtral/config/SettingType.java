package io.github.jmixtral.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What values a setting takes, in Java and in JSON.
 *
 * @param expected the values in words, for messages
 * @param read JSON to Java; null when the node is of another kind
 * @param isValid whether a value of the right kind is in range
 * @param write Java to JSON
 */
record SettingType<T>(
    String expected,
    Function<JsonNode, T> read,
    Predicate<T> isValid,
    Function<T, JsonNode> write) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String NEVER = "never";

  static SettingType<Integer> wholeNumber(int least) {
    return new SettingType<>(
        "a whole number of at least " + least,
        SettingType::intOrNull,
        value -> value >= least,
        JSON::numberNode);
  }

  static SettingType<Long> anyWholeNumber() {
    return new SettingType<>(
        "a whole number",
        node -> node.isIntegralNumber() && node.canConvertToLong() ? node.longValue() : null,
        value -> true,
        JSON::numberNode);
  }

  static SettingType<Double> number(String expected, Predicate<Double> isValid) {
    return new SettingType<>(
        expected,
        SettingType::doubleOrNull,
        value -> Double.isFinite(value) && isValid.test(value),
        JSON::numberNode);
  }

  static SettingType<Double> positive() {
    return number("a number above 0", value -> value > 0);
  }

  static SettingType<Double> fraction() {
    return number("a number 0 … 1", value -> value >= 0 && value <= 1);
  }

  static SettingType<Boolean> flag() {
    return new SettingType<>(
        "true or false",
        node -> node.isBoolean() ? node.booleanValue() : null,
        value -> true,
        JSON::booleanNode);
  }

  /** In JSON true, false or "never". */
  static SettingType<EarlyStopping> earlyStopping() {
    return new SettingType<>(
        "true, false or \"never\"",
        SettingType::earlyStoppingOrNull,
        value -> true,
        value ->
            switch (value) {
              case HEURISTIC -> JSON.booleanNode(false);
              case WHEN_FULL -> JSON.booleanNode(true);
              case NEVER -> JSON.stringNode(NEVER);
            });
  }

  static SettingType<Integer> tokenId() {
    return new SettingType<>(
        "an id of at least 0", SettingType::intOrNull, value -> value >= 0, JSON::numberNode);
  }

  /** A list of ids; in JSON a single id may stand for a list of one, and is written so. */
  static SettingType<List<Integer>> oneOrMoreTokenIds() {
    return new SettingType<>(
        "an id of at least 0, or a list of ids",
        node -> node.isArray() ? idsOrNull(node) : listOf(intOrNull(node)),
        SettingType::areIds,
        ids -> ids.size() == 1 ? JSON.numberNode(ids.getFirst()) : idArray(ids));
  }

  static SettingType<List<Integer>> tokenIds() {
    return new SettingType<>(
        "a list of ids of at least 0",
        SettingType::idsOrNull,
        SettingType::areIds,
        SettingType::idArray);
  }

  static SettingType<List<List<Integer>>> tokenIdLists() {
    return new SettingType<>(
        "a list of non-empty lists of ids",
        node -> listOrNull(node, SettingType::idsOrNull),
        lists -> lists.stream().allMatch(ids -> !ids.isEmpty() && areIds(ids)),
        lists -> array(lists, SettingType::idArray));
  }

  /** Texts; in JSON a single one may stand for a list of one. */
  static SettingType<List<String>> texts() {
    return new SettingType<>(
        "a list of non-empty texts",
        node ->
            node.isArray() ? listOrNull(node, SettingType::textOrNull) : listOf(textOrNull(node)),
        texts -> texts.stream().noneMatch(String::isEmpty),
        texts -> array(texts, JSON::stringNode));
  }

  static SettingType<List<SequenceBias>> sequenceBiases() {
    return new SettingType<>(
        "a list of [list of ids, number]",
        node -> listOrNull(node, SettingType::sequenceBiasOrNull),
        biases ->
            biases.stream().allMatch(bias -> areIds(bias.ids()) && Double.isFinite(bias.bias())),
        biases -> array(biases, bias -> pair(idArray(bias.ids()), JSON.numberNode(bias.bias()))));
  }

  static SettingType<ExponentialDecay> exponentialDecay() {
    return new SettingType<>(
        "[new tokens of at least 0, factor above 0]",
        SettingType::exponentialDecayOrNull,
        decay -> decay.start() >= 0 && Double.isFinite(decay.factor()) && decay.factor() > 0,
        decay -> pair(JSON.numberNode(decay.start()), JSON.numberNode(decay.factor())));
  }

  private static boolean areIds(List<Integer> ids) {
    return ids.stream().allMatch(id -> id >= 0);
  }

  private static EarlyStopping earlyStoppingOrNull(JsonNode node) {
    if (node.isBoolean()) {
      return node.booleanValue() ? EarlyStopping.WHEN_FULL : EarlyStopping.HEURISTIC;
    }
    return NEVER.equals(textOrNull(node)) ? EarlyStopping.NEVER : null;
  }

  private static Integer intOrNull(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToInt() ? node.intValue() : null;
  }

  private static Double doubleOrNull(JsonNode node) {
    double value = node.isNumber() ? node.asDouble(Double.NaN) : Double.NaN;
    return Double.isFinite(value) ? value : null;
  }

  private static String textOrNull(JsonNode node) {
    return node.isString() ? node.stringValue() : null;
  }

  private static List<Integer> idsOrNull(JsonNode node) {
    return listOrNull(node, SettingType::intOrNull);
  }

  private static SequenceBias sequenceBiasOrNull(JsonNode node) {
    if (!node.isArray() || node.size() != 2) {
      return null;
    }
    List<Integer> ids = idsOrNull(node.get(0));
    Double bias = doubleOrNull(node.get(1));
    return ids == null || ids.isEmpty() || bias == null ? null : new SequenceBias(ids, bias);
  }

  private static ExponentialDecay exponentialDecayOrNull(JsonNode node) {
    if (!node.isArray() || node.size() != 2) {
      return null;
    }
    Integer start = intOrNull(node.get(0));
    Double factor = doubleOrNull(node.get(1));
    return start == null || factor == null ? null : new ExponentialDecay(start, factor);
  }

  private static <E> List<E> listOf(E elementOrNull) {
    return elementOrNull == null ? null : List.of(elementOrNull);
  }

  private static <E> List<E> listOrNull(JsonNode node, Function<JsonNode, E> readElement) {
    if (!node.isArray()) {
      return null;
    }
    List<E> list = new ArrayList<>();
    for (JsonNode element : node) {
      E value = readElement.apply(element);
      if (value == null) {
        return null;
      }
      list.add(value);
    }
    return List.copyOf(list);
  }

  private static JsonNode idArray(List<Integer> ids) {
    return array(ids, JSON::numberNode);
  }

  private static JsonNode pair(JsonNode first, JsonNode second) {
    return JSON.arrayNode().add(first).add(second);
  }

  private static <E> JsonNode array(List<E> elements, Function<E, JsonNode> writeElement) {
    ArrayNode array = JSON.arrayNode();
    elements.forEach(element -> array.add(writeElement.apply(element)));
    return array;
  }
}
