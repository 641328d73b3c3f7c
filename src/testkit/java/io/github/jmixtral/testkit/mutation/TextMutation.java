package io.github.jmixtral.testkit.mutation;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Changes JSON, and other text, so that much of it still is what it was. */
final class TextMutation {
  private static final Pattern NUMBER = Pattern.compile("-?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?");
  private static final Pattern STRING = Pattern.compile("\"(?:\\\\.|[^\"\\\\])*+\"");
  private static final Pattern VALUE =
      Pattern.compile(
          STRING.pattern()
              + "(?!\\s*:)|"
              + NUMBER.pattern()
              + "|true|false|null|\\[[^\\[\\]]*+]|\\{[^{}]*+}");
  private static final Pattern ENTRY =
      Pattern.compile(
          STRING.pattern() + "\\s*:\\s*(?:" + VALUE.pattern() + ")\\s*,?|,\\s*" + NUMBER.pattern());

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-0.0",
          "-1",
          "1",
          "2",
          "3",
          "64",
          "101",
          "1000",
          "100000",
          "16777217",
          "2147483647",
          "2147483648",
          "-2147483648",
          "-2147483649",
          "4294967296",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775809",
          "18446744073709551616",
          "9".repeat(300),
          "9".repeat(400),
          "-" + "9".repeat(400),
          "9".repeat(2000),
          "0.5",
          "1.0",
          "1e9",
          "1e18",
          "1e308",
          "1e400",
          "-1e400",
          "1e-400",
          "1E+2000000000",
          "1e-2000000000",
          "NaN",
          "Infinity");
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "{\"a\":1}",
          "\"\"",
          "\"1\"",
          "\" \"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\uD83D\uDE00\"",
          "\"../../x\"",
          "\"/dev/zero\"",
          "\"\\n\\u001b[2J\"",
          "\"" + "a".repeat(600) + "\"",
          "\"" + "(a*)*".repeat(20) + "\"");
  private static final int[] DEPTHS = {1, 2, 3, 31, 64, 99, 100, 101, 1000, 20_000};
  private static final List<Brackets> BRACKETS =
      List.of(
          new Brackets("[", "]"),
          new Brackets("[", "]"),
          new Brackets("{\"a\":", "}"),
          new Brackets("{\"items\":", "}"),
          new Brackets("(", ")"),
          new Brackets("(?:", ")"),
          new Brackets("{% if 1 %}", "{% endif %}"));
  private static final int MOST_REPEATED = 40_000;

  /** What nests. */
  private record Brackets(String open, String close) {}

  private TextMutation() {}

  /** A changed text. */
  static String of(String text, SplittableRandom random) {
    return switch (random.nextInt(12)) {
      case 0, 1, 2 -> replaced(text, NUMBER, pick(NUMBERS, random), random);
      case 3 -> replaced(text, VALUE, pick(VALUES, random), random);
      case 4 -> replaced(text, VALUE, pick(NUMBERS, random), random);
      case 5 -> replaced(text, ENTRY, "", random);
      case 6 -> replaced(text, STRING, found(text, STRING, random).orElse("\"\""), random);
      case 7 -> replaced(text, VALUE, found(text, VALUE, random).orElse("0"), random);
      case 8 -> deepened(text, random);
      case 9 -> repeated(text, random);
      case 10 -> doubled(text, random);
      case 11 -> moved(text, random);
      default -> throw new AssertionError();
    };
  }

  private static <T> T pick(List<T> choices, SplittableRandom random) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static Optional<MatchResult> anywhere(
      String text, Pattern pattern, SplittableRandom random) {
    List<MatchResult> places = pattern.matcher(text).results().toList();
    return places.isEmpty() ? Optional.empty() : Optional.of(pick(places, random));
  }

  private static Optional<String> found(String text, Pattern pattern, SplittableRandom random) {
    return anywhere(text, pattern, random).map(MatchResult::group);
  }

  private static String replaced(String text, Pattern old, String by, SplittableRandom random) {
    return anywhere(text, old, random)
        .map(place -> text.substring(0, place.start()) + by + text.substring(place.end()))
        .orElse(text + by);
  }

  /** Puts brackets around a value or around nothing. */
  private static String deepened(String text, SplittableRandom random) {
    Brackets brackets = pick(BRACKETS, random);
    int depth = DEPTHS[random.nextInt(DEPTHS.length)];
    Optional<MatchResult> place = anywhere(text, VALUE, random);
    int begin = place.map(MatchResult::start).orElse(random.nextInt(text.length() + 1));
    int end = place.map(MatchResult::end).orElse(begin);
    return text.substring(0, begin)
        + brackets.open().repeat(depth)
        + text.substring(begin, end)
        + brackets.close().repeat(depth)
        + text.substring(end);
  }

  /** Repeats a stretch many times. */
  private static String repeated(String text, SplittableRandom random) {
    int length = Math.min(text.length(), random.nextInt(1, 30));
    int begin = random.nextInt(text.length() - length + 1);
    int count = Math.max(1, Math.min(1 << random.nextInt(1, 14), MOST_REPEATED / (length + 1)));
    return text.substring(0, begin)
        + text.substring(begin, begin + length).repeat(count)
        + text.substring(begin);
  }

  /** Puts an entry twice. */
  private static String doubled(String text, SplittableRandom random) {
    return anywhere(text, ENTRY, random)
        .map(
            place ->
                text.substring(0, place.end())
                    + (place.group().endsWith(",") ? "" : ",")
                    + place.group()
                    + text.substring(place.end()))
        .orElse(text + text);
  }

  /** Takes a stretch from one place to another. */
  private static String moved(String text, SplittableRandom random) {
    int length = Math.min(text.length(), random.nextInt(1, 60));
    int begin = random.nextInt(text.length() - length + 1);
    String rest = text.substring(0, begin) + text.substring(begin + length);
    int target = random.nextInt(rest.length() + 1);
    return rest.substring(0, target)
        + text.substring(begin, begin + length)
        + rest.substring(target);
  }
}
