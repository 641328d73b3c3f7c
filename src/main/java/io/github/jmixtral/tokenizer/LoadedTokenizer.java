package io.github.jmixtral.tokenizer;

import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What a tokenizer file says by itself, before the other files of its folder are looked at.
 *
 * @param decoders makes a decoder; the argument tells whether to leave special tokens out
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
