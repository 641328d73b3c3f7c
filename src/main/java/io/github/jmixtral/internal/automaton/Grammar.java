package io.github.jmixtral.internal.automaton;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Rules that call each other, with the states of all their automata numbered through. Rule 0 is
 * where a text begins. Immutable.
 *
 * <p>A run is a stack: the state of the rule under way, below it the states in which its callers go
 * on. Every rule that is called reads at least one byte before it calls itself again, so that what
 * one byte does to a stack is finite.
 */
public final class Grammar {
  /** A distance that nothing reaches: the state can't come to an end. */
  static final int NEVER = Integer.MAX_VALUE / 4;

  private final List<Automaton.State> states;
  private final int[] starts;
  private final int[] byteDistances;
  private final boolean recursive;

  private Grammar(List<Automaton.State> states, int[] starts) {
    this.states = List.copyOf(states);
    this.starts = starts;
    byteDistances = byteDistances();
    recursive = isRecursive();
  }

  /** A grammar of one rule without calls. */
  public static Grammar of(Expression expression) {
    Builder builder = new Builder();
    builder.define(builder.reserve(), expression);
    return builder.build();
  }

  public int size() {
    return states.size();
  }

  Automaton.State state(int index) {
    return states.get(index);
  }

  /** The state in which a rule begins. */
  int start(int rule) {
    return starts[rule];
  }

  /** Fewest bytes from a state to the end of its rule, or {@link #NEVER}. */
  public int byteDistance(int state) {
    return byteDistances[state];
  }

  /** Whether a rule's callers have nothing to do in this state but to return themselves. */
  boolean onlyReturns(int state) {
    Automaton.State at = states.get(state);
    return at.accepting() && at.lows().length == 0 && at.rules().length == 0;
  }

  /** Whether a rule may be under way inside itself, so that stacks have no bound. */
  boolean recursive() {
    return recursive;
  }

  private int[] byteDistances() {
    int[] distances = new int[states.size()];
    Arrays.fill(distances, NEVER);
    boolean changed = true;
    while (changed) {
      changed = false;
      // Backwards, as an automaton's states are numbered from its start.
      for (int index = distances.length - 1; index >= 0; index--) {
        int distance = distance(states.get(index), distances);
        changed |= distance < distances[index];
        distances[index] = Math.min(distance, distances[index]);
      }
    }
    return distances;
  }

  private int distance(Automaton.State state, int[] distances) {
    int least = state.accepting() ? 0 : NEVER;
    for (int target : state.targets()) {
      least = Math.min(least, 1 + distances[target]);
    }
    for (int call = 0; call < state.rules().length; call++) {
      int inside = distances[starts[state.rules()[call]]];
      least = Math.min(least, inside + distances[state.returns()[call]]);
    }
    return least;
  }

  private boolean isRecursive() {
    List<int[]> called = new ArrayList<>();
    for (int rule = 0; rule < starts.length; rule++) {
      int end = rule + 1 < starts.length ? starts[rule + 1] : states.size();
      called.add(
          states.subList(starts[rule], end).stream()
              .flatMapToInt(state -> Arrays.stream(state.rules()))
              .distinct()
              .toArray());
    }
    return RuleCycle.find(called).isPresent();
  }

  /** Takes rules one by one; a rule may be called before it is defined. */
  public static final class Builder {
    private final List<Expression> rules = new ArrayList<>();

    /** The number of a rule to define later; the first is where a text begins. */
    public int reserve() {
      rules.add(null);
      return rules.size() - 1;
    }

    public void define(int rule, Expression expression) {
      rules.set(rule, expression);
    }

    /** Reserves and defines. */
    public Expression.Call add(Expression expression) {
      int rule = reserve();
      define(rule, expression);
      return new Expression.Call(rule);
    }

    /**
     * The grammar, once every rule is defined.
     *
     * @throws IllegalArgumentException when no text fits, when a rule calls itself before it reads
     *     anything, or when there are too many states
     */
    public Grammar build() {
      List<Automaton.State> states = new ArrayList<>();
      int[] starts = new int[rules.size()];
      for (int rule = 0; rule < starts.length; rule++) {
        starts[rule] = states.size();
        addShifted(Automaton.of(rules.get(rule)), states);
      }
      requireProgress(states, starts);
      Grammar grammar = new Grammar(states, starts);
      if (grammar.byteDistance(grammar.start(0)) >= NEVER) {
        throw new IllegalArgumentException(
            "constraint: expected one that some text fits, found one that no text fits");
      }
      return grammar;
    }

    private static void addShifted(Automaton automaton, List<Automaton.State> states) {
      int shift = states.size();
      if (shift + automaton.size() > Nondeterministic.MAX_STATES) {
        throw new IllegalArgumentException(
            "constraint: expected at most "
                + Nondeterministic.MAX_STATES
                + " states, found more: it is too large");
      }
      for (int index = 0; index < automaton.size(); index++) {
        Automaton.State state = automaton.state(index);
        states.add(
            new Automaton.State(
                state.accepting(),
                state.lows(),
                state.highs(),
                Arrays.stream(state.targets()).map(target -> target + shift).toArray(),
                state.rules(),
                Arrays.stream(state.returns()).map(target -> target + shift).toArray()));
      }
    }

    private static void requireProgress(List<Automaton.State> states, int[] starts) {
      List<int[]> first = new ArrayList<>();
      for (int start : starts) {
        first.add(states.get(start).rules());
      }
      Optional<Integer> rule = RuleCycle.find(first);
      if (rule.isPresent()) {
        throw new IllegalArgumentException(
            "constraint: expected a definition that writes something before it refers to itself,"
                + " found one that does not");
      }
    }
  }
}
