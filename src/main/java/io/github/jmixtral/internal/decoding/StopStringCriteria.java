package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.StoppingCriteria;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Stops when the newest token completes a stop string, wherever the tokens' borders fall. Compares
 * bytes, not text, because a decoder may hold text back until the next token. Looks at the last ids
 * anew each time, so that one serves several beams. As in the reference a match may be a special
 * token's name, may be followed by the rest of its last token ({@code stop "END", tokens "…E" "ND
 * of" → stop after "ND of"}), and may begin in the prompt, unless stop strings are cut off: then
 * there would be nothing to cut. Calls of tools that are held to their form come to their own end.
 */
final class StopStringCriteria implements StoppingCriteria {
  private final Tokenizer tokenizer;
  private final byte[][] stopStrings;
  private final int maxLength;
  private final boolean mayBeginInPrompt;
  private final OptionalInt toolCallsId;

  /** The text's last bytes, ending at the array's end; scratch memory. */
  private byte[] tail;

  private int tailStart;

  /**
   * @param mayBeginInPrompt whether a match may
   * @param toolCallsId behind it nothing ends the text; empty where calls are not held to a form
   */
  StopStringCriteria(
      List<String> stopStrings,
      Tokenizer tokenizer,
      boolean mayBeginInPrompt,
      OptionalInt toolCallsId) {
    this.tokenizer = tokenizer;
    this.mayBeginInPrompt = mayBeginInPrompt;
    this.toolCallsId = toolCallsId;
    this.stopStrings =
        stopStrings.stream()
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);
    maxLength = Arrays.stream(this.stopStrings).mapToInt(bytes -> bytes.length).max().orElse(0);
    tail = new byte[4 * maxLength];
  }

  @Override
  public boolean shouldStop(TokenSequence sequence) {
    if (toolCallsId.isPresent() && isCalling(sequence)) {
      return false;
    }
    int first = mayBeginInPrompt ? 0 : sequence.promptLength();
    int position = sequence.length() - 1;
    tailStart = tail.length;
    prepend(sequence.last());
    int newest = tail.length - tailStart;
    while (position > first && tail.length - tailStart < newest + maxLength) {
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

  private boolean isCalling(TokenSequence sequence) {
    for (int position = sequence.promptLength(); position < sequence.length(); position++) {
      if (sequence.id(position) == toolCallsId.getAsInt()) {
        return true;
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
