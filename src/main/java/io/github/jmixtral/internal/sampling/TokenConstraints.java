package io.github.jmixtral.internal.sampling;

import io.github.jmixtral.constraint.Constraint;
import io.github.jmixtral.internal.automaton.ConstraintRun;
import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.Pieces;
import io.github.jmixtral.internal.automaton.TokenAutomaton;
import io.github.jmixtral.tokenizer.Tokenizer;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Constraints over the pieces of one tokenizer. The first run of a constraint works out what its
 * states allow, later runs of the same object find that done. Safe for use by several threads.
 */
public final class TokenConstraints {
  private final Tokenizer tokenizer;
  private final int vocabSize;

  /** By identity, as long as the constraint is in use elsewhere. */
  private final Map<Constraint, TokenAutomaton> automata =
      Collections.synchronizedMap(new WeakHashMap<>());

  private @Nullable Pieces pieces;

  /**
   * Nothing is computed before the first run.
   *
   * @param vocabSize how many ids the model knows
   */
  public TokenConstraints(Tokenizer tokenizer, int vocabSize) {
    this.tokenizer = tokenizer;
    this.vocabSize = vocabSize;
  }

  /**
   * A run of a constraint from the beginning of a text.
   *
   * @throws IllegalArgumentException when the tokenizer has no piece for some byte of UTF-8
   */
  public ConstraintRun start(Constraint constraint) {
    TokenAutomaton automaton = automata.get(constraint);
    if (automaton == null) {
      automaton = new TokenAutomaton(Grammar.OF_CONSTRAINT.of(constraint), pieces());
      automata.put(constraint, automaton);
    }
    return new ConstraintRun(automaton);
  }

  private synchronized Pieces pieces() {
    if (pieces == null) {
      pieces = new Pieces(tokenizer, vocabSize);
    }
    return pieces;
  }
}
