package io.github.jmixtral.internal.decoding;

import io.github.jmixtral.generation.FinishReason;
import io.github.jmixtral.generation.GeneratedToken;
import io.github.jmixtral.generation.GenerationListener;
import io.github.jmixtral.generation.StepLogProbabilities;
import io.github.jmixtral.internal.chat.AnswerReader;
import io.github.jmixtral.internal.sampling.IdSequence;
import io.github.jmixtral.tokenizer.TokenDecoder;
import io.github.jmixtral.tokenizer.Tokenizer;
import io.github.jmixtral.tokenizer.ToolCall;
import java.util.List;
import java.util.Optional;

/**
 * The text of the new ids, passed to the listeners token by token. Without listeners the ids are
 * decoded at the end, through the same decoder, so that a generation without them makes no strings.
 */
final class Transcript {
  private final Optional<TokenDecoder> decoder;
  private final Optional<AnswerReader> reader;
  private final List<GenerationListener> listeners;
  private final int sequenceIndex;
  private final StringBuilder text = new StringBuilder();

  /**
   * @param reader of an answer that may call tools
   * @param sequenceIndex which of its request's texts it is
   */
  Transcript(
      Optional<Tokenizer> tokenizer,
      Optional<AnswerReader> reader,
      List<GenerationListener> listeners,
      int sequenceIndex) {
    decoder = tokenizer.map(present -> present.newDecoder(true));
    this.reader = reader;
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
    List<ToolCall> parts = reader.map(AnswerReader::takeParts).orElse(List.of());
    var token =
        new GeneratedToken(id, text.substring(before), sequenceIndex, logProbabilities, parts);
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

  /** The calls of tools, once the text is finished. */
  List<ToolCall> toolCalls() {
    return reader.map(AnswerReader::calls).orElse(List.of());
  }

  private void decode(int id) {
    if (reader.isPresent()) {
      text.append(reader.get().append(id));
    } else if (decoder.isPresent()) {
      text.append(decoder.get().append(id));
    }
  }

  private void flush() {
    if (reader.isPresent()) {
      text.append(reader.get().finish());
    } else {
      decoder.ifPresent(present -> text.append(present.flush()));
    }
  }
}
