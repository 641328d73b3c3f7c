/** Grammars as automata over bytes, and their intersection with the pieces of a tokenizer. */
@NullMarked
package io.github.jmixtral.internal.automaton;

import org.jspecify.annotations.NullMarked;
