package io.github.jmixtral.tokenizer;

import io.github.jmixtral.error.UnsupportedCheckpointException;
import java.util.OptionalInt;

/** The control ids that Mistral's chat formats are made of. */
record ControlIds(Vocabulary vocabulary, OptionalInt bosId, OptionalInt eosId) {

  /** The control id of a piece; empty if it is a text or no piece at all. */
  static OptionalInt find(Vocabulary vocabulary, String piece) {
    OptionalInt id = vocabulary.id(piece);
    return id.isPresent() && vocabulary.isSpecial(id.getAsInt()) ? id : OptionalInt.empty();
  }

  int bos() {
    return required(bosId, "bos_token");
  }

  int eos() {
    return required(eosId, "eos_token");
  }

  int of(String piece) {
    return required(find(vocabulary, piece), "the control token " + piece);
  }

  private static int required(OptionalInt id, String name) {
    return id.orElseThrow(
        () ->
            new UnsupportedCheckpointException(
                "tokenizer",
                "the control token " + name + " is missing, which a chat with [INST] needs"));
  }
}
