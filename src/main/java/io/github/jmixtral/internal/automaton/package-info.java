/** Grammars as automata over bytes, and their intersection with the pieces of a tokenizer. */
package io.github.jmixtral.internal.automaton;
