package io.github.jmixtral.tokenizer;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@link BytePairEncoder} needs to know of a vocabulary; immutable once built.
 *
 * @param vocabularySize number of ids; symbols from here on are {@code bareCodePoints}
 * @param symbols the symbol that a character starts as
 * @param merges pair (left, right) of symbols → {@code rank << 32 | joined symbol}
 * @param neighbours pairs of starting symbols that some piece holds side by side; empty when that
 *     is unknown, and then text is never cut
 * @param fixed strings that are one id wherever they occur and never merge
 * @param byteIds the ids of the bytes 0 to 255, or null without byte fallback
 * @param unknownId the id of what has no piece, or −1: such characters are dropped
 * @param fuseUnknown whether unknown characters in a row are one id
 * @param bareCodePoints characters that are no piece themselves, but part of one
 */
record BytePairRules(
    int vocabularySize,
    CodePointTable symbols,
    LongTable merges,
    Optional<LongTable> neighbours,
    TextMatcher fixed,
    int @Nullable [] byteIds,
    int unknownId,
    boolean fuseUnknown,
    List<Integer> bareCodePoints) {

  /** Adds the pairs of characters in a row of a piece. */
  static void addNeighbours(int[] codePoints, CodePointTable symbols, LongTable neighbours) {
    for (int i = 1; i < codePoints.length; i++) {
      int left = symbols.get(codePoints[i - 1]);
      int right = symbols.get(codePoints[i]);
      if (left != CodePointTable.NONE && right != CodePointTable.NONE) {
        neighbours.put(LongTable.pair(left, right), 0);
      }
    }
  }

  boolean mayJoin(int left, int right) {
    return neighbours.isEmpty() || neighbours.get().contains(LongTable.pair(left, right));
  }

  int bareCodePoint(int symbol) {
    return bareCodePoints.get(symbol - vocabularySize);
  }
}
