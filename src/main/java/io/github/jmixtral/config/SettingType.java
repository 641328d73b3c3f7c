package io.github.jmixtral.config;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What values a setting takes, in Java and in JSON.
 *
 * @param expected the values in words, for messages
 * @param javaType the class of the values
 * @param read JSON to Java; null when the node is of another kind
 * @param isValid whether a value of the right kind is in range
 * @param write Java to JSON
 */
record SettingType<T>(
    String expected,
    Class<T> javaType,
    Function<JsonNode, T> read,
    Predicate<T> isValid,
    Function<T, JsonNode> write) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String NEVER = "never";

  static SettingType<Integer> wholeNumber(int least) {
    return new SettingType<>(
        "a whole number of at least " + least,
        Integer.class,
        SettingType::intOrNull,
        value -> value >= least,
        JSON::numberNode);
  }

  static SettingType<Long> anyWholeNumber() {
    return new SettingType<>(
        "a whole number",
        Long.class,
        node -> JsonObject.isWhole(node) && node.canConvertToLong() ? node.longValue() : null,
        value -> true,
        JSON::numberNode);
  }

  static SettingType<Double> number(String expected, Predicate<Double> isValid) {
    return new SettingType<>(
        expected,
        Double.class,
        SettingType::doubleOrNull,
        value -> Double.isFinite(value) && isValid.test(value),
        JSON::numberNode);
  }

  static SettingType<Double> anyNumber() {
    return number("a number", value -> true);
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
        Boolean.class,
        node -> node.isBoolean() ? node.booleanValue() : null,
        value -> true,
        JSON::booleanNode);
  }

  /** In JSON true, false or "never". */
  static SettingType<EarlyStopping> earlyStopping() {
    return new SettingType<>(
        "true, false or \"never\"",
        EarlyStopping.class,
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
        "an id of at least 0",
        Integer.class,
        SettingType::intOrNull,
        value -> value >= 0,
        JSON::numberNode);
  }

  /** Ids; in JSON a single id may stand for a list of one, and is written so. */
  static SettingType<int[]> oneOrMoreTokenIds() {
    return new SettingType<>(
        "an id of at least 0, or a list of ids",
        int[].class,
        node -> presentIdsOrNull(node.isArray() ? node : JSON.arrayNode().add(node)),
        SettingType::areIds,
        ids -> ids.length == 1 ? JSON.numberNode(ids[0]) : idArray(ids));
  }

  static SettingType<int[]> tokenIds() {
    return new SettingType<>(
        "a list of ids of at least 0",
        int[].class,
        SettingType::presentIdsOrNull,
        SettingType::areIds,
        SettingType::idArray);
  }

  static SettingType<int[][]> tokenIdLists() {
    return new SettingType<>(
        "a list of non-empty lists of ids",
        int[][].class,
        node -> arrayOrNull(node, int[][]::new, SettingType::idsOrNull),
        lists -> Stream.of(lists).allMatch(ids -> ids.length > 0 && areIds(ids)),
        lists -> array(lists, SettingType::idArray));
  }

  /** Texts; in JSON a single one may stand for a list of one. */
  static SettingType<String[]> texts() {
    return new SettingType<>(
        "a list of texts that are not empty",
        String[].class,
        node ->
            arrayOrNull(
                node.isArray() ? node : JSON.arrayNode().add(node),
                String[]::new,
                SettingType::textOrNull),
        texts -> Stream.of(texts).noneMatch(String::isEmpty),
        texts -> array(texts, JSON::stringNode));
  }

  static SettingType<SequenceBias[]> sequenceBiases() {
    return new SettingType<>(
        "a list of [list of ids, number]",
        SequenceBias[].class,
        node -> arrayOrNull(node, SequenceBias[]::new, SettingType::sequenceBiasOrNull),
        biases ->
            Stream.of(biases).allMatch(bias -> areIds(bias.ids()) && Double.isFinite(bias.bias())),
        biases -> array(biases, bias -> pair(idArray(bias.ids()), JSON.numberNode(bias.bias()))));
  }

  /** In Java [start, factor]. */
  static SettingType<double[]> exponentialDecay() {
    return new SettingType<>(
        "[new tokens of at least 0, factor above 0]",
        double[].class,
        SettingType::exponentialDecayOrNull,
        decay -> decay[0] >= 0 && Double.isFinite(decay[1]) && decay[1] > 0,
        decay -> pair(JSON.numberNode((int) decay[0]), JSON.numberNode(decay[1])));
  }

  private static boolean areIds(int[] ids) {
    return Arrays.stream(ids).allMatch(id -> id >= 0);
  }

  private static @Nullable EarlyStopping earlyStoppingOrNull(JsonNode node) {
    if (node.isBoolean()) {
      return node.booleanValue() ? EarlyStopping.WHEN_FULL : EarlyStopping.HEURISTIC;
    }
    return NEVER.equals(textOrNull(node)) ? EarlyStopping.NEVER : null;
  }

  private static @Nullable Integer intOrNull(JsonNode node) {
    return JsonObject.isWhole(node) && node.canConvertToInt() ? node.intValue() : null;
  }

  private static @Nullable Double doubleOrNull(JsonNode node) {
    double value = node.isNumber() ? node.asDouble(Double.NaN) : Double.NaN;
    return Double.isFinite(value) ? value : null;
  }

  private static @Nullable String textOrNull(JsonNode node) {
    return node.isString() ? node.stringValue() : null;
  }

  private static int @Nullable [] idsOrNull(JsonNode node) {
    Integer[] ids = arrayOrNull(node, Integer[]::new, SettingType::intOrNull);
    return ids == null ? null : Stream.of(ids).mapToInt(id -> id).toArray();
  }

  /** Without the negative ids, which stand for no id at all. */
  private static int @Nullable [] presentIdsOrNull(JsonNode node) {
    int[] ids = idsOrNull(node);
    return ids == null ? null : Arrays.stream(ids).filter(id -> id >= 0).toArray();
  }

  private static @Nullable SequenceBias sequenceBiasOrNull(JsonNode node) {
    if (!node.isArray() || node.size() != 2) {
      return null;
    }
    int[] ids = idsOrNull(node.get(0));
    Double bias = doubleOrNull(node.get(1));
    return ids == null || ids.length == 0 || bias == null ? null : new SequenceBias(bias, ids);
  }

  private static double @Nullable [] exponentialDecayOrNull(JsonNode node) {
    if (!node.isArray() || node.size() != 2) {
      return null;
    }
    Integer start = intOrNull(node.get(0));
    Double factor = doubleOrNull(node.get(1));
    return start == null || factor == null ? null : new double[] {start, factor};
  }

  private static <E> E @Nullable [] arrayOrNull(
      JsonNode node, IntFunction<E[]> newArray, Function<JsonNode, E> read) {
    if (!node.isArray()) {
      return null;
    }
    E[] array = newArray.apply(node.size());
    for (int i = 0; i < array.length; i++) {
      array[i] = read.apply(node.get(i));
      if (array[i] == null) {
        return null;
      }
    }
    return array;
  }

  private static JsonNode idArray(int[] ids) {
    ArrayNode array = JSON.arrayNode();
    Arrays.stream(ids).forEach(array::add);
    return array;
  }

  private static JsonNode pair(JsonNode first, JsonNode second) {
    return JSON.arrayNode().add(first).add(second);
  }

  private static <E> JsonNode array(E[] elements, Function<E, JsonNode> writeElement) {
    ArrayNode array = JSON.arrayNode();
    List.of(elements).forEach(element -> array.add(writeElement.apply(element)));
    return array;
  }
}
