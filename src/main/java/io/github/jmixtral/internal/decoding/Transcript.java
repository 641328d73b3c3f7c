package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.TokenSequence;
import io.github.jmixtral.tokenizer.TokenDecoder;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Optional;

/**
 * The text of the new ids, told to the listener token by token. Without a listener the ids are
 * decoded at the end, through the same decoder: decoding makes strings, and a generation that
 * nobody follows makes none.
 */
final class Transcript {
  private final Optional<TokenDecoder> decoder;
  private final Optional<GenerationListener> listener;
  private final StringBuilder text = new StringBuilder();

  Transcript(Optional<Tokenizer> tokenizer, Optional<GenerationListener> listener) {
    decoder = tokenizer.map(present -> present.newDecoder(true));
    this.listener = listener;
  }

  /**
   * Takes the newest id.
   *
   * @param isLast whether the generation ends here, so that nothing more is waited for
   */
  void append(int id, boolean isLast) {
    if (listener.isEmpty()) {
      return;
    }
    int before = text.length();
    decode(id);
    if (isLast) {
      flush();
    }
    listener.get().onToken(id, text.substring(before));
  }

  /** The whole text; after a cancellation without the bytes that waited for the next token. */
  String finish(TokenSequence sequence, FinishReason reason) {
    if (listener.isEmpty()) {
      for (int position = sequence.promptLength(); position < sequence.length(); position++) {
        decode(sequence.id(position));
      }
      if (reason != FinishReason.CANCELLED) {
        flush();
      }
    }
    return text.toString();
  }

  private void decode(int id) {
    if (decoder.isPresent()) {
      text.append(decoder.get().append(id));
    }
  }

  private void flush() {
    decoder.ifPresent(present -> text.append(present.flush()));
  }
}
