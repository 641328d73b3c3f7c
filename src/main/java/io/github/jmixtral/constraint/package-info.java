/**
 * What a generation may write: one of several texts, a regular expression, a grammar, JSON, JSON of
 * a schema or of a record. Start with {@link io.github.jmixtral.constraint.Constraint}.
 *
 * <p>A constraint becomes a {@code Grammar}: rules, each a deterministic automaton over bytes that
 * may call other rules and count what occurs in it. A run of it is a stack of states, and a
 * tokenizer's pieces, put into a trie, are walked along that automaton once for each state: the ids
 * that fit are kept, so that a token costs a few unions of bit sets.
 */
@NullMarked
package io.github.jmixtral.constraint;

import org.jspecify.annotations.NullMarked;
