package io.github.jmixtral.tokenizer;

/**
 * Turns ids into text one by one. Text is given out when it is certain: a character that spans
 * several byte tokens comes with the last of them, never in halves. All texts that {@link #append}
 * and {@link #flush} return, put together, are what {@link Tokenizer#decode} returns for all ids.
 *
 * <p>After {@code tokenizer.json} a run of byte tokens is one unit: a single bad byte turns the
 * whole run into U+FFFD, so the run is held until a token follows that is no byte. A newline is a
 * byte token in Mixtral's vocabulary and comes with the token that follows it.
 *
 * <p>One decoder serves one sequence, and one thread.
 *
 * @since 0.1.0
 */
public abstract sealed class TokenDecoder permits SentencePieceTokenDecoder, JsonTokenDecoder {
  private final Vocabulary vocabulary;
  private final boolean skipSpecialTokens;
  private final StringBuilder ready = new StringBuilder();

  TokenDecoder(Vocabulary vocabulary, boolean skipSpecialTokens) {
    this.vocabulary = vocabulary;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /**
   * Takes the next id.
   *
   * @param id an id; one that the vocabulary does not know adds no text, because a model's output
   *     may be wider than its tokenizer
   * @return the text that became complete, often empty
   * @throws IllegalArgumentException if {@code id} is negative
   */
  public final String append(int id) {
    if (id < 0) {
      throw new IllegalArgumentException("id: expected 0 or more, found " + id);
    }
    if (vocabulary.contains(id) && vocabulary.kind(id) != Vocabulary.Kind.UNUSED) {
      accept(id, ready);
    }
    return take();
  }

  /**
   * Ends the sequence; the decoder is ready for another one.
   *
   * @return the text that was held back; bytes that never became a character come as U+FFFD
   */
  public final String flush() {
    finish(ready);
    return take();
  }

  final Vocabulary vocabulary() {
    return vocabulary;
  }

  final boolean skipSpecialTokens() {
    return skipSpecialTokens;
  }

  /** Takes an id of the vocabulary and writes what became complete. */
  abstract void accept(int id, StringBuilder out);

  /** Writes what is held back. */
  abstract void finish(StringBuilder out);

  private String take() {
    if (ready.isEmpty()) {
      return "";
    }
    String text = ready.toString();
    ready.setLength(0);
    return text;
  }
}
