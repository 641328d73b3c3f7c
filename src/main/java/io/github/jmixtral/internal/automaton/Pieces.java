package io.github.jmixtral.internal.automaton;

import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each id of a tokenizer adds to a text: in the middle of it, and at its beginning, where
 * decoding drops the space that a piece such as {@code ▁the} begins with. Special ids add nothing
 * and are never chosen. Immutable.
 */
public final class Pieces {
  private static final int BYTES = 256;

  private final int idCount;
  private final PieceTrie middle;
  private final PieceTrie beginning;
  private final List<byte[]> middleBytes;
  private final List<byte[]> beginningBytes;

  /**
   * @param vocabSize how many ids the model knows; the tokenizer's others are never chosen
   * @throws IllegalArgumentException when a byte of UTF-8 has no piece, so that not everything can
   *     be written
   */
  public Pieces(Tokenizer tokenizer, int vocabSize) {
    idCount = Math.min(tokenizer.vocabSize(), vocabSize);
    middleBytes = new ArrayList<>(idCount);
    beginningBytes = new ArrayList<>(idCount);
    boolean[] single = new boolean[BYTES];
    for (int id = 0; id < idCount; id++) {
      byte[] bytes = tokenizer.isSpecial(id) ? new byte[0] : tokenizer.bytes(id);
      if (bytes.length == 0) {
        middleBytes.add(null);
        beginningBytes.add(null);
        continue;
      }
      if (bytes.length == 1) {
        single[bytes[0] & 0xFF] = true;
      }
      middleBytes.add(bytes);
      beginningBytes.add(bytes[0] == ' ' ? alone(tokenizer, id) : bytes);
    }
    requireEveryByte(single);
    middle = new PieceTrie(middleBytes);
    beginning = new PieceTrie(beginningBytes);
  }

  private static byte[] alone(Tokenizer tokenizer, int id) {
    return tokenizer.decode(new int[] {id}, true).getBytes(StandardCharsets.UTF_8);
  }

  private static void requireEveryByte(boolean[] single) {
    for (int value = 0; value < BYTES; value++) {
      boolean inUtf8 = value < 0xC0 || value >= 0xC2 && value <= 0xF4;
      if (inUtf8 && !single[value]) {
        throw new IllegalArgumentException(
            "constraint: the tokenizer has no piece for byte 0x%02X, so not every text can be written"
                .formatted(value));
      }
    }
  }

  /** How many ids there are, special ones included. */
  int idCount() {
    return idCount;
  }

  /** All pieces as they stand in a text or, if {@code first}, at its beginning. */
  PieceTrie trie(boolean first) {
    return first ? beginning : middle;
  }

  /** What an id adds; null if it is never to be chosen. */
  public byte @Nullable [] bytes(int id, boolean first) {
    return id < 0 || id >= idCount ? null : (first ? beginningBytes : middleBytes).get(id);
  }
}
