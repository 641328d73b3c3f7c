package io.github.jmixtral.internal.automaton;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Characters as sequences of byte ranges: the UTF-8 forms of a range of code points are exactly the
 * byte sequences whose bytes lie in the ranges of one of its sequences.
 *
 * <p>A worked example: U+0000 … U+07FF is [00–7F] and [C2–DF][80–BF].
 */
final class Utf8Ranges {
  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF};
  private static final int BITS_OF_CONTINUATION = 6;

  private Utf8Ranges() {}

  /** Bytes from {@code low} to {@code high}, 0 … 255, both included. */
  record ByteRange(int low, int high) {}

  /** The sequences of a set, each of 1 to 4 ranges. */
  static List<List<ByteRange>> of(CodePointSet set) {
    List<List<ByteRange>> sequences = new ArrayList<>();
    set.ranges().forEach(range -> split(range.first(), range.last(), sequences));
    return sequences;
  }

  /**
   * Cuts a range until every part is one sequence: both ends have as many bytes, and where two
   * bytes differ, all later ones run over everything.
   */
  private static void split(int first, int last, List<List<ByteRange>> out) {
    for (int border : LAST_OF_LENGTH) {
      if (first <= border && border < last) {
        split(first, border, out);
        split(border + 1, last, out);
        return;
      }
    }
    for (int bits = BITS_OF_CONTINUATION; bits < 24 && last > LAST_OF_LENGTH[0]; bits += 6) {
      int low = (1 << bits) - 1;
      if ((first | low) == (last | low)) {
        continue;
      }
      if ((first & low) != 0) {
        split(first, first | low, out);
        split((first | low) + 1, last, out);
        return;
      }
      if ((last & low) != low) {
        split(first, (last & ~low) - 1, out);
        split(last & ~low, last, out);
        return;
      }
    }
    byte[] from = Character.toString(first).getBytes(StandardCharsets.UTF_8);
    byte[] to = Character.toString(last).getBytes(StandardCharsets.UTF_8);
    List<ByteRange> sequence = new ArrayList<>();
    for (int i = 0; i < from.length; i++) {
      sequence.add(new ByteRange(from[i] & 0xFF, to[i] & 0xFF));
    }
    out.add(List.copyOf(sequence));
  }
}
