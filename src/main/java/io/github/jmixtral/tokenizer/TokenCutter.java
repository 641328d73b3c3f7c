package io.github.jmixtral.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Finds the tokens that are cut out of a text whole, none of which overlap. */
final class TokenCutter {
  private final TextMatcher matcher;

  /** By id; empty: of two that overlap the one that begins first counts. */
  private final Map<Integer, Integer> ranks;

  /** By id; those that take white space around them, or count as words only. */
  private final Map<Integer, AddedToken> flagged;

  /** A token that stands in a text. */
  record Cut(int start, int end, int id) {}

  private TokenCutter(
      Map<String, Integer> tokens, Map<Integer, Integer> ranks, Map<Integer, AddedToken> flagged) {
    this.matcher = new TextMatcher(tokens);
    this.ranks = ranks;
    this.flagged = flagged;
  }

  /**
   * Of tokens that overlap the one that begins first counts, and of those the longest.
   *
   * @param flagged the tokens among them, by id, whose flags count
   */
  static TokenCutter leftmostFirst(Map<String, Integer> tokens, Map<Integer, AddedToken> flagged) {
    return new TokenCutter(tokens, Map.of(), flagged);
  }

  /** As llama.cpp searches: all of the longest token, in bytes of UTF-8, then of the next one. */
  static TokenCutter longestFirst(Map<String, Integer> tokens) {
    List<String> order = new ArrayList<>(tokens.keySet());
    order.sort(
        Comparator.<String>comparingInt(text -> -text.getBytes(StandardCharsets.UTF_8).length)
            .thenComparingInt(tokens::get));
    Map<Integer, Integer> ranks = new HashMap<>();
    order.forEach(text -> ranks.put(tokens.get(text), ranks.size()));
    return new TokenCutter(tokens, ranks, Map.of());
  }

  /**
   * The tokens in a part of a text, in their order.
   *
   * @param from where the part begins
   * @param to where it ends
   */
  List<Cut> cuts(String text, int from, int to) {
    if (matcher.isEmpty()) {
      return List.of();
    }
    List<Cut> cuts = new ArrayList<>();
    for (int position = from; position < to; position++) {
      long match = matcher.match(text, position, to);
      if (ranks.isEmpty()) {
        if (match != LongTable.NONE) {
          int begin = cuts.isEmpty() ? from : cuts.getLast().end();
          int end = position + length(match);
          flagged(text, begin, cut(position, match), to).ifPresent(cuts::add);
          position = Math.max(end, cuts.isEmpty() ? end : cuts.getLast().end()) - 1;
        }
        continue;
      }
      while (match != LongTable.NONE) {
        cuts.add(cut(position, match));
        match = matcher.match(text, position, position + length(match) - 1);
      }
    }
    return ranks.isEmpty() ? cuts : apart(cuts);
  }

  /** The cut as the token's flags want it; white space of another part is not taken. */
  private Optional<Cut> flagged(String text, int begin, Cut cut, int to) {
    AddedToken token = flagged.get(cut.id());
    if (token == null) {
      return Optional.of(cut);
    }
    if (token.singleWord() && !AddedTokenMatcher.isWord(text, cut.start(), cut.end())) {
      return Optional.empty();
    }
    int start =
        token.leftStrip() ? AddedTokenMatcher.startOfSpace(text, begin, cut.start()) : cut.start();
    int end =
        token.rightStrip()
            ? Math.min(AddedTokenMatcher.endOfSpace(text, cut.end()), to)
            : cut.end();
    return Optional.of(new Cut(start, end, cut.id()));
  }

  private static Cut cut(int position, long match) {
    return new Cut(position, position + length(match), (int) match);
  }

  private static int length(long match) {
    return (int) (match >>> 32);
  }

  /** Of those that overlap the one of the lowest rank stays, of one rank the first. */
  private List<Cut> apart(List<Cut> cuts) {
    cuts.sort(
        Comparator.<Cut>comparingInt(cut -> ranks.getOrDefault(cut.id(), 0))
            .thenComparingInt(Cut::start));
    TreeSet<Cut> apart = new TreeSet<>(Comparator.comparingInt(Cut::start));
    for (Cut cut : cuts) {
      Cut before = apart.floor(cut);
      Cut behind = apart.ceiling(cut);
      if ((before == null || before.end() <= cut.start())
          && (behind == null || behind.start() >= cut.end())) {
        apart.add(cut);
      }
    }
    return List.copyOf(apart);
  }
}
