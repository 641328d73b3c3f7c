package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.tokenizer.TokenDecoder;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;

/**
 * The text of the new ids, passed to the listeners token by token. Without listeners the ids are
 * decoded at the end, through the same decoder, so that a generation without them makes no strings.
 */
final class Transcript {
  private final Optional<TokenDecoder> decoder;
  private final List<GenerationListener> listeners;
  private final int sequenceIndex;
  private final StringBuilder text = new StringBuilder();

  /**
   * @param sequenceIndex which of its request's texts it is
   */
  Transcript(Optional<Tokenizer> tokenizer, List<GenerationListener> listeners, int sequenceIndex) {
    decoder = tokenizer.map(present -> present.newDecoder(true));
    this.listeners = listeners;
    this.sequenceIndex = sequenceIndex;
  }

  /**
   * Takes the newest id.
   *
   * @param logProbabilities of the step, or null
   * @param isLast whether the generation ends here, so that nothing more is waited for
   */
  void append(int id, StepLogProbabilities logProbabilities, boolean isLast) {
    if (listeners.isEmpty()) {
      return;
    }
    int before = text.length();
    decode(id);
    if (isLast) {
      flush();
    }
    var token = new GeneratedToken(id, text.substring(before), sequenceIndex, logProbabilities);
    for (int i = 0; i < listeners.size(); i++) {
      listeners.get(i).onToken(token);
    }
  }

  /** The whole text; after a cancellation without the bytes that waited for the next token. */
  String finish(IdSequence sequence, FinishReason reason) {
    if (listeners.isEmpty()) {
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
