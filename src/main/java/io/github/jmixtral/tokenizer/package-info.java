/**
 * Text to ids and back: byte-fallback BPE from {@code tokenizer.model} or {@code tokenizer.json},
 * incremental decoding, and the ids of a conversation. Start with {@link
 * io.github.jmixtral.tokenizer.Tokenizer}.
 */
@NullMarked
package io.github.jmixtral.tokenizer;

import org.jspecify.annotations.NullMarked;
