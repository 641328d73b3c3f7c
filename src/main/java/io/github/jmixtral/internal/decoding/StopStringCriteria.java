package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.StoppingCriteria;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Stops when the newest token completes a stop string, wherever the tokens' borders fall. Compares
 * bytes, not text, because a decoder may hold text back until the next token. Looks at the last ids
 * anew each time, so that one serves several beams. As in the reference a match may begin in the
 * prompt, may be a special token's name, and may be followed by the rest of its last token: {@code
 * stop "END", tokens "…E" "ND of" → stop after "ND of"}.
 */
final class StopStringCriteria implements StoppingCriteria {
  private final Tokenizer tokenizer;
  private final byte[][] stopStrings;
  private final int maxLength;

  /** The text's last bytes, ending at the array's end; scratch memory. */
  private byte[] tail;

  private int tailStart;

  StopStringCriteria(List<String> stopStrings, Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.stopStrings =
        stopStrings.stream()
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    maxLength = Arrays.stream(this.stopStrings).mapToInt(bytes -> bytes.length).max().orElse(0);
    tail = new byte[4 * maxLength];
  }

  @Override
  public boolean shouldStop(TokenSequence sequence) {
    int position = sequence.length() - 1;
    tailStart = tail.length;
    prepend(sequence.last());
    int newest = tail.length - tailStart;
    while (position > 0 && tail.length - tailStart < newest + maxLength) {
      prepend(sequence.id(--position));
    }
    for (int end = tail.length - newest + 1; end <= tail.length; end++) {
      for (byte[] stopString : stopStrings) {
        int start = end - stopString.length;
        if (start >= tailStart
            && Arrays.equals(tail, start, end, stopString, 0, stopString.length)) {
          return true;
        }
      }
    }
    return false;
  }

  private void prepend(int id) {
    byte[] bytes = bytes(id);
    if (bytes.length > tailStart) {
      int length = tail.length - tailStart;
      byte[] larger = new byte[2 * (length + bytes.length)];
      System.arraycopy(tail, tailStart, larger, larger.length - length, length);
      tail = larger;
      tailStart = larger.length - length;
    }
    tailStart -= bytes.length;
    System.arraycopy(bytes, 0, tail, tailStart, bytes.length);
  }

  private byte[] bytes(int id) {
    if (id >= tokenizer.vocabSize()) {
      return new byte[0];
    }
    byte[] bytes = tokenizer.bytes(id);
    return bytes.length > 0 ? bytes : tokenizer.piece(id).getBytes(StandardCharsets.UTF_8);
  }
}
