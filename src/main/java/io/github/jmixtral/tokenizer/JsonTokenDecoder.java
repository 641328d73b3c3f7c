package io.github.jmixtral.tokenizer;

import java.util.List;

/**
 * Runs the decoder steps of a tokenizer.json token by token. Each step holds back only what the
 * tokens to come can still change: a run of byte tokens.
 */
final class JsonTokenDecoder extends TokenDecoder {
  private final StringBuilder decoded = new StringBuilder();
  private final DecoderStage first;

  JsonTokenDecoder(Vocabulary vocabulary, boolean skipSpecialTokens, List<DecoderStep> steps) {
    super(vocabulary, skipSpecialTokens);
    first = DecoderStage.chain(steps, decoded);
  }

  @Override
  void accept(int id, StringBuilder out) {
    if (!(skipSpecialTokens() && vocabulary().isSpecial(id))) {
      first.take(vocabulary().piece(id));
      drain(out);
    }
  }

  @Override
  void finish(StringBuilder out) {
    first.end();
    drain(out);
  }

  private void drain(StringBuilder out) {
    out.append(decoded);
    decoded.setLength(0);
  }
}
