package io.github.jmixtral.internal.automaton;

import io.github.jmixtral.internal.automaton.Utf8Ranges.ByteRange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A nondeterministic automaton over bytes, built backwards: each part of an expression is built in
 * front of the state that comes after it, so that equal endings are shared.
 */
final class Nondeterministic {
  /** Bounds memory and time: an expression that repeats repetitions grows by multiplication. */
  static final int MAX_STATES = 200_000;

  /** The accepting state, which has no edges. */
  static final int END = 0;

  /** An edge along the bytes {@code low} … {@code high}. */
  record ByteEdge(int low, int high, int target) {}

  /** An edge along everything that a rule matches. */
  record CallEdge(int rule, int target) {}

  /** A state's edges. */
  record State(List<Integer> empty, List<ByteEdge> bytes, List<CallEdge> calls) {}

  private final List<State> states = new ArrayList<>();
  private final Map<Expression, Map<Integer, Integer>> built = new IdentityHashMap<>();
  private final int start;

  /**
   * The automaton of an expression.
   *
   * @throws IllegalArgumentException when it has too many states
   */
  Nondeterministic(Expression expression) {
    newState();
    start = build(expression, END);
  }

  int start() {
    return start;
  }

  State state(int index) {
    return states.get(index);
  }

  private int newState() {
    if (states.size() >= MAX_STATES) {
      throw new IllegalArgumentException(
          "constraint: expected at most "
              + MAX_STATES
              + " states, found more: a repetition is too long");
    }
    states.add(new State(new ArrayList<>(1), new ArrayList<>(1), new ArrayList<>(0)));
    return states.size() - 1;
  }

  /** The state from which {@code expression} leads to {@code next}. */
  private int build(Expression expression, int next) {
    Map<Integer, Integer> byNext = built.computeIfAbsent(expression, _ -> new HashMap<>(2));
    Integer known = byNext.get(next);
    if (known != null) {
      return known;
    }
    int state = buildNew(expression, next);
    byNext.put(next, state);
    return state;
  }

  private int buildNew(Expression expression, int next) {
    return switch (expression) {
      case Expression.Characters characters -> buildCharacters(characters.set(), next);
      case Expression.Literal literal -> buildLiteral(literal.text(), next);
      case Expression.Sequence sequence -> {
        int state = next;
        for (Expression part : sequence.parts().reversed()) {
          state = build(part, state);
        }
        yield state;
      }
      case Expression.Choice choice -> {
        int state = newState();
        for (Expression option : choice.options()) {
          states.get(state).empty().add(build(option, next));
        }
        yield state;
      }
      case Expression.Repeat repeat -> buildRepeat(repeat, next);
      case Expression.Both both ->
          embed(Automaton.of(both.first()).intersection(Automaton.of(both.second())), next);
      case Expression.Multiple multiple -> buildMultiple(multiple.divisor(), next);
      case Expression.Call call -> {
        int state = newState();
        states.get(state).calls().add(new CallEdge(call.rule(), next));
        yield state;
      }
    };
  }

  private int buildLiteral(String text, int next) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int state = next;
    for (int i = bytes.length - 1; i >= 0; i--) {
      int value = bytes[i] & 0xFF;
      state = buildByte(new ByteRange(value, value), state);
    }
    return state;
  }

  private int buildByte(ByteRange range, int next) {
    int state = newState();
    states.get(state).bytes().add(new ByteEdge(range.low(), range.high(), next));
    return state;
  }

  /** Sequences with the same ending share its states. */
  private int buildCharacters(CodePointSet set, int next) {
    int start = newState();
    Map<List<ByteRange>, Integer> endings = new HashMap<>();
    endings.put(List.of(), next);
    for (List<ByteRange> sequence : Utf8Ranges.of(set)) {
      int state = next;
      for (int i = sequence.size() - 1; i > 0; i--) {
        List<ByteRange> ending = sequence.subList(i, sequence.size());
        Integer known = endings.get(ending);
        if (known == null) {
          known = buildByte(sequence.get(i), state);
          endings.put(ending, known);
        }
        state = known;
      }
      ByteRange first = sequence.getFirst();
      states.get(start).bytes().add(new ByteEdge(first.low(), first.high(), state));
    }
    return start;
  }

  private int buildRepeat(Expression.Repeat repeat, int next) {
    int state = next;
    if (repeat.most() == Expression.UNBOUNDED) {
      state = newState();
      states.get(state).empty().add(next);
      states.get(state).empty().add(build(repeat.part(), state));
    } else {
      for (int i = repeat.least(); i < repeat.most(); i++) {
        int part = build(repeat.part(), state);
        state = newState();
        states.get(state).empty().add(next);
        states.get(state).empty().add(part);
      }
    }
    for (int i = 0; i < repeat.least(); i++) {
      state = build(repeat.part(), state);
    }
    return state;
  }

  /** A state for each remainder: a further digit d leads from r to (10 r + d) mod divisor. */
  private int buildMultiple(int divisor, int next) {
    int first = states.size();
    for (int remainder = 0; remainder < divisor; remainder++) {
      newState();
    }
    for (int remainder = 0; remainder < divisor; remainder++) {
      for (int digit = 0; digit <= 9; digit++) {
        int target = first + (10 * remainder + digit) % divisor;
        states.get(first + remainder).bytes().add(new ByteEdge('0' + digit, '0' + digit, target));
      }
    }
    states.get(first).empty().add(next);
    int start = newState();
    states.get(start).empty().add(first);
    states.get(start).bytes().add(new ByteEdge('-', '-', first));
    return start;
  }

  private int embed(Automaton automaton, int next) {
    int first = states.size();
    for (int state = 0; state < automaton.size(); state++) {
      newState();
    }
    for (int index = 0; index < automaton.size(); index++) {
      Automaton.State from = automaton.state(index);
      State to = states.get(first + index);
      if (from.accepting()) {
        to.empty().add(next);
      }
      for (int segment = 0; segment < from.lows().length; segment++) {
        to.bytes()
            .add(
                new ByteEdge(
                    from.lows()[segment], from.highs()[segment], first + from.targets()[segment]));
      }
    }
    return first + Automaton.START;
  }
}
