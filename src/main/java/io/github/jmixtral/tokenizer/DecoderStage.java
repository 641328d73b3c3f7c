package io.github.jmixtral.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A {@link DecoderStep} at work on one sequence: takes tokens as they come and passes on what is
 * certain. Behind the last step stands a {@link Text} that collects.
 */
sealed interface DecoderStage {
  /** Takes the next token. */
  void take(String token);

  /** Passes on what is held back, and is ready for another sequence. */
  void end();

  /** The steps as a chain that ends in {@code text}. */
  static DecoderStage chain(List<DecoderStep> steps, StringBuilder text) {
    DecoderStage next = new Text(text);
    int fuse = steps.indexOf(new DecoderStep.Fuse());
    for (int i = steps.size() - 1; i >= 0; i--) {
      next =
          switch (steps.get(i)) {
            case Replacement replacement -> new Replacing(replacement, next);
            case DecoderStep.ByteFallback fallback -> new ByteRuns(next);
            case DecoderStep.Marks marks -> new Marking(marks.metaspace(), next);
            case DecoderStep.Strip strip -> {
              boolean fused = fuse >= 0 && fuse < i;
              yield fused ? new StrippingText(strip, next) : new StrippingTokens(strip, next);
            }
            case DecoderStep.Fuse joined -> next; // the stages behind it know
          };
    }
    return next;
  }

  /** Collects. */
  record Text(StringBuilder text) implements DecoderStage {
    @Override
    public void take(String token) {
      text.append(token);
    }

    @Override
    public void end() {}
  }

  /** {@link Replacement} inside every token. */
  record Replacing(Replacement step, DecoderStage next) implements DecoderStage {
    @Override
    public void take(String token) {
      next.take(step.apply(token));
    }

    @Override
    public void end() {
      next.end();
    }
  }

  /** {@link DecoderStep.Strip} on every token by itself. */
  record StrippingTokens(DecoderStep.Strip step, DecoderStage next) implements DecoderStage {
    @Override
    public void take(String token) {
      int[] characters = token.codePoints().toArray();
      int start = 0;
      while (start < characters.length
          && start < step.start()
          && characters[start] == step.content()) {
        start++;
      }
      int end = characters.length;
      while (end > start
          && characters.length - end < step.stop()
          && characters[end - 1] == step.content()) {
        end--;
      }
      next.take(new String(characters, start, end - start));
    }

    @Override
    public void end() {
      next.end();
    }
  }

  /** {@link DecoderStep.Strip} at the beginning of the joined text. */
  final class StrippingText implements DecoderStage {
    private final DecoderStep.Strip step;
    private final DecoderStage next;
    private int left;

    StrippingText(DecoderStep.Strip step, DecoderStage next) {
      this.step = step;
      this.next = next;
      this.left = step.start();
    }

    @Override
    public void take(String token) {
      int position = 0;
      while (left > 0 && position < token.length()) {
        if (token.codePointAt(position) == step.content()) {
          position += Character.charCount(step.content());
          left--;
        } else {
          left = 0;
        }
      }
      next.take(token.substring(position));
    }

    @Override
    public void end() {
      left = step.start();
      next.end();
    }
  }

  /** {@link DecoderStep.Marks}. */
  final class Marking implements DecoderStage {
    private final Metaspace metaspace;
    private final DecoderStage next;
    private boolean first = true;

    Marking(Metaspace metaspace, DecoderStage next) {
      this.metaspace = metaspace;
      this.next = next;
    }

    @Override
    public void take(String token) {
      next.take(metaspace.decode(token, first));
      first = false;
    }

    @Override
    public void end() {
      first = true;
      next.end();
    }
  }

  /** {@link DecoderStep.ByteFallback}. */
  final class ByteRuns implements DecoderStage {
    private static final String REPLACEMENT = "\uFFFD";

    private final ByteArrayOutputStream run = new ByteArrayOutputStream();
    private final DecoderStage next;

    ByteRuns(DecoderStage next) {
      this.next = next;
    }

    @Override
    public void take(String token) {
      if (isByte(token)) {
        run.write(Integer.parseInt(token, 3, 5, 16));
      } else {
        endRun();
        next.take(token);
      }
    }

    @Override
    public void end() {
      endRun();
      next.end();
    }

    private void endRun() {
      if (run.size() == 0) {
        return;
      }
      byte[] bytes = run.toByteArray();
      run.reset();
      try {
        next.take(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
      } catch (CharacterCodingException e) {
        for (int i = 0; i < bytes.length; i++) {
          next.take(REPLACEMENT);
        }
      }
    }

    private static boolean isByte(String token) {
      return token.length() == 6
          && token.startsWith("<0x")
          && token.endsWith(">")
          && isHexDigit(token.charAt(3))
          && isHexDigit(token.charAt(4));
    }

    private static boolean isHexDigit(char unit) {
      return unit < 128 && Character.digit(unit, 16) >= 0;
    }
  }
}
