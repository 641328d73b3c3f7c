package io.github.jmixtral.generation;

import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Stops when the newest token completes a stop string, wherever the tokens' borders fall. Compares
 * bytes, not text, because a decoder may hold text back until the next token. As in the reference a
 * match may begin in the prompt, may be a special token's name, and may be followed by the rest of
 * its last token: {@code stop "END", tokens "…E" "ND of" → stop after "ND of"}.
 */
final class StopStringCriteria implements StoppingCriteria {
  private final Tokenizer tokenizer;
  private final byte[][] stopStrings;
  private final int maxLength;

  /** The last bytes of the text: enough for a match that the next token completes. */
  private byte[] tail;

  private int tailLength;

  StopStringCriteria(List<String> stopStrings, Tokenizer tokenizer, int[] promptIds) {
    this.tokenizer = tokenizer;
    this.stopStrings =
        stopStrings.stream()
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    maxLength = Arrays.stream(this.stopStrings).mapToInt(bytes -> bytes.length).max().orElse(0);
    tail = new byte[4 * maxLength];
    for (int i = Math.max(0, promptIds.length - maxLength); i < promptIds.length; i++) {
      append(promptIds[i]);
    }
  }

  @Override
  public boolean shouldStop(TokenSequence sequence) {
    int before = append(sequence.last());
    for (int end = before + 1; end <= tailLength; end++) {
      for (byte[] stopString : stopStrings) {
        int start = end - stopString.length;
        if (start >= 0 && Arrays.equals(tail, start, end, stopString, 0, stopString.length)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Appends an id's bytes and returns how many stand before them. */
  private int append(int id) {
    byte[] bytes = bytes(id);
    int before = Math.min(tailLength, maxLength);
    if (before + bytes.length > tail.length) {
      tail = Arrays.copyOf(tail, 2 * (before + bytes.length));
    }
    System.arraycopy(tail, tailLength - before, tail, 0, before);
    System.arraycopy(bytes, 0, tail, before, bytes.length);
    tailLength = before + bytes.length;
    return before;
  }

  private byte[] bytes(int id) {
    if (id >= tokenizer.vocabSize()) {
      return new byte[0];
    }
    byte[] bytes = tokenizer.bytes(id);
    return bytes.length > 0 ? bytes : tokenizer.piece(id).getBytes(StandardCharsets.UTF_8);
  }
}
