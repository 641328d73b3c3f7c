package io.github.jmixtral.tokenizer;

import java.util.OptionalInt;
import java.util.function.Function;

/**
 * The contents of a tokenizer file alone, before the other files of its folder are read.
 *
 * @param decoders makes a decoder; the argument says whether special tokens are left out
 * @param hidesControlIds whether the file's reference leaves control ids out of a decoded text
 * @param prefix ids in front of a text that is encoded with special tokens
 * @param suffix ids behind it
 */
record LoadedTokenizer(
    Vocabulary vocabulary,
    TextEncoder encoder,
    Function<Boolean, TokenDecoder> decoders,
    boolean hidesControlIds,
    int[] prefix,
    int[] suffix,
    OptionalInt bosId,
    OptionalInt eosId,
    OptionalInt padId,
    OptionalInt unkId) {}
