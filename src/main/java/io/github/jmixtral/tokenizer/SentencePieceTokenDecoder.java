package io.github.jmixtral.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Decodes as SentencePiece does: bytes are characters as soon as they are valid UTF-8, each other
 * byte is one U+FFFD, and one leading {@code ▁} is dropped. Control pieces are invisible, unless
 * asked for.
 */
final class SentencePieceTokenDecoder extends TokenDecoder {
  private static final char REPLACEMENT = '\uFFFD';

  private final boolean dropLeadingSpace;
  private final Optional<String> unknownSurface;

  /** Bytes that may become a character: at most 4. */
  private final byte[] pending = new byte[4];

  private int pendingCount;
  private boolean begun;

  /**
   * @param dropLeadingSpace whether a {@code ▁} in front of the text is not shown
   * @param unknownSurface what the unknown piece decodes to; empty: it is shown as control pieces
   *     are
   */
  SentencePieceTokenDecoder(
      Vocabulary vocabulary,
      boolean skipSpecialTokens,
      boolean dropLeadingSpace,
      Optional<String> unknownSurface) {
    super(vocabulary, skipSpecialTokens);
    this.dropLeadingSpace = dropLeadingSpace;
    this.unknownSurface = unknownSurface;
  }

  @Override
  void accept(int id, StringBuilder out) {
    switch (vocabulary().kind(id)) {
      case BYTE -> {
        begun = true;
        pending[pendingCount++] = vocabulary().byteValue(id);
        resolve(out);
      }
      case NORMAL, USER_DEFINED -> {
        giveUpPending(out);
        String piece = vocabulary().piece(id);
        if (!begun && dropLeadingSpace && piece.startsWith(Vocabulary.SPACE)) {
          piece = piece.substring(Vocabulary.SPACE.length());
        }
        begun = true;
        out.append(piece.replace(Vocabulary.SPACE, " "));
      }
      case UNKNOWN -> {
        if (unknownSurface.isEmpty()) {
          acceptSpecial(id, out);
        } else {
          giveUpPending(out);
          begun |= !unknownSurface.get().isEmpty();
          out.append(unknownSurface.get());
        }
      }
      case CONTROL -> acceptSpecial(id, out);
    }
  }

  private void acceptSpecial(int id, StringBuilder out) {
    giveUpPending(out);
    if (!skipSpecialTokens()) {
      begun = true;
      out.append(vocabulary().piece(id));
    }
  }

  @Override
  void finish(StringBuilder out) {
    giveUpPending(out);
    begun = false;
  }

  private void giveUpPending(StringBuilder out) {
    for (; pendingCount > 0; pendingCount--) {
      out.append(REPLACEMENT);
    }
  }

  /** Writes whole characters and hopeless bytes; what may still become a character stays. */
  private void resolve(StringBuilder out) {
    while (pendingCount > 0) {
      int length = sequenceLength(pending[0]);
      int continuing = 1;
      while (continuing < pendingCount && (pending[continuing] & 0xC0) == 0x80) {
        continuing++;
      }
      if (length > pendingCount && continuing == pendingCount) {
        return;
      }
      if (length > 0 && continuing >= length && isValid(length)) {
        out.append(new String(pending, 0, length, StandardCharsets.UTF_8));
        drop(length);
      } else {
        out.append(REPLACEMENT);
        drop(1);
      }
    }
  }

  private void drop(int count) {
    pendingCount -= count;
    System.arraycopy(pending, count, pending, 0, pendingCount);
  }

  /** Length that the first byte of a UTF-8 sequence announces, 0 if it cannot be a first byte. */
  private static int sequenceLength(byte first) {
    if (first >= 0) {
      return 1;
    }
    if ((first & 0xE0) == 0xC0) {
      return 2;
    }
    if ((first & 0xF0) == 0xE0) {
      return 3;
    }
    return (first & 0xF8) == 0xF0 ? 4 : 0;
  }

  /** Whether the pending sequence is no overlong form, no surrogate, and within Unicode. */
  private boolean isValid(int length) {
    int first = pending[0];
    int second = pending[1] & 0x3F;
    return switch (length) {
      case 2 -> (first & 0x1F) >= 2;
      case 3 -> {
        int top = (first & 0x0F) << 6 | second; // code point >> 6
        yield top >= 0x800 >> 6 && (top < 0xD800 >> 6 || top > 0xDFFF >> 6);
      }
      case 4 -> {
        int top = (first & 0x07) << 6 | second; // code point >> 12
        yield top >= 0x10000 >> 12 && top <= 0x10FFFF >> 12;
      }
      default -> true;
    };
  }
}
