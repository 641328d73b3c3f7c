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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The text of the new ids, passed to the listeners token by token. Without listeners the ids are
 * decoded at the end, through the same decoder, so that a generation without them makes no strings.
 */
final class Transcript {
  private final Optional<Tokenizer> tokenizer;
  private final Optional<TokenDecoder> decoder;
  private final Optional<AnswerReader> reader;
  private final List<GenerationListener> listeners;
  private final int sequenceIndex;
  private final List<String> hidden;

  /** The text, behind the space that the decoder drops, since a stop string may begin with it. */
  private final StringBuilder text = new StringBuilder();

  /** Where the text begins: 1 behind a dropped space, else 0. */
  private int start;

  /** Up to where the text was given to the listeners. */
  private int given;

  private boolean begun;

  /**
   * @param reader of an answer that may call tools
   * @param hidden stop strings that are cut off at the text's end
   * @param sequenceIndex which of its request's texts it is
   */
  Transcript(
      Optional<Tokenizer> tokenizer,
      Optional<AnswerReader> reader,
      List<GenerationListener> listeners,
      List<String> hidden,
      int sequenceIndex) {
    this.tokenizer = tokenizer;
    decoder = tokenizer.map(present -> present.newDecoder(true));
    this.reader = reader;
    this.listeners = listeners;
    this.hidden = hidden;
    this.sequenceIndex = sequenceIndex;
  }

  /**
   * Takes the newest id.
   *
   * @param logProbabilities of the step, or null
   * @param reason why the generation ends here, so that nothing more is waited for, or null
   */
  void append(
      int id, @Nullable StepLogProbabilities logProbabilities, @Nullable FinishReason reason) {
    if (listeners.isEmpty()) {
      return;
    }
    decode(id);
    if (reason != null) {
      flush();
      cut(reason);
    }
    int certain = reason == null ? text.length() - mayBeCut() : text.length();
    String piece = text.substring(given, Math.max(given, certain));
    given += piece.length();
    List<ToolCall> parts = reader.map(AnswerReader::takeParts).orElse(List.of());
    var token = new GeneratedToken(id, piece, sequenceIndex, logProbabilities, parts);
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
      cut(reason);
    }
    return text.substring(start);
  }

  /** Cuts off the stop string that ended the text. */
  private void cut(FinishReason reason) {
    if (reason == FinishReason.STOP_STRING) {
      int end = text.length();
      for (String stop : hidden) {
        int place = text.indexOf(stop);
        end = place < 0 ? end : Math.min(end, place);
      }
      text.setLength(Math.max(given, end));
    }
  }

  /** How many characters at the end may turn out to begin a stop string. */
  private int mayBeCut() {
    int longest = 0;
    for (String stop : hidden) {
      for (int length = Math.min(stop.length(), text.length()); length > longest; length--) {
        if (text.indexOf(stop.substring(0, length), text.length() - length) >= 0) {
          longest = length;
        }
      }
    }
    return longest;
  }

  /** The calls of tools, once the text is finished. */
  List<ToolCall> toolCalls() {
    return reader.map(AnswerReader::calls).orElse(List.of());
  }

  private void decode(int id) {
    if (!begun && !hidden.isEmpty()) {
      tokenizer.ifPresent(present -> begin(present, id));
    }
    if (reader.isPresent()) {
      text.append(reader.get().append(id));
    } else if (decoder.isPresent()) {
      text.append(decoder.get().append(id));
    }
  }

  /** Keeps the space that the decoder drops of the first id that is text. */
  private void begin(Tokenizer present, int id) {
    byte[] bytes = id < present.vocabSize() ? present.bytes(id) : new byte[0];
    begun = bytes.length > 0;
    if (begun
        && bytes[0] == ' '
        && !present.decode(new int[] {id}).equals(new String(bytes, StandardCharsets.UTF_8))) {
      text.insert(0, ' ');
      start = 1;
      given = 1;
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
