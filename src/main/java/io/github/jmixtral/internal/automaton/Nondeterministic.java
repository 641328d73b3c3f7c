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

  /** Bounds memory: the automata that look behind all run along. */
  private static final int MAX_BEHIND = 32;

  /** The accepting state, which has no edges. */
  static final int END = 0;

  /** Another accepting state, which every byte leads back to: whatever follows is welcome. */
  static final int REST = 1;

  /**
   * An edge along the bytes {@code low} … {@code high}.
   *
   * @param counted whether the rule's counter counts it
   */
  record ByteEdge(int low, int high, int target, boolean counted) {}

  /** An edge along everything that a rule matches. */
  record CallEdge(int rule, int target, boolean counted) {}

  /**
   * An edge along nothing, where the rest of the text leads from {@code start} to {@link #REST}.
   *
   * @param negated whether the rest must not
   */
  record AheadEdge(int start, boolean negated, int target) {}

  /**
   * An edge along nothing, where an automaton has matched the text so far.
   *
   * @param automaton index in {@link #behind()}
   * @param negated whether it must not have
   */
  record BehindEdge(int automaton, boolean negated, int target) {}

  /** A state's edges. */
  record State(
      List<Integer> empty,
      List<ByteEdge> bytes,
      List<CallEdge> calls,
      List<AheadEdge> ahead,
      List<BehindEdge> behind) {
    State() {
      this(
          new ArrayList<>(1),
          new ArrayList<>(1),
          new ArrayList<>(0),
          new ArrayList<>(0),
          new ArrayList<>(0));
    }
  }

  private final List<State> states = new ArrayList<>();
  private final List<Automaton> behind = new ArrayList<>();
  private final Map<Expression, Integer> behindIndices = new IdentityHashMap<>();
  private final Map<Expression, Map<Integer, Integer>> built = new IdentityHashMap<>();
  private final int start;

  /**
   * The automaton of an expression.
   *
   * @throws IllegalArgumentException when it has too many states
   */
  Nondeterministic(Expression expression) {
    newState();
    newState();
    states.get(REST).bytes().add(new ByteEdge(0, 255, REST, false));
    start = build(expression, END);
  }

  int start() {
    return start;
  }

  int size() {
    return states.size();
  }

  State state(int index) {
    return states.get(index);
  }

  /** The automata that run along from the beginning of the text, for those who look behind. */
  List<Automaton> behind() {
    return behind;
  }

  private int newState() {
    if (states.size() >= MAX_STATES) {
      throw new IllegalArgumentException(
          "constraint: it needs more than " + MAX_STATES + " states: a repetition is too long");
    }
    states.add(new State());
    return states.size() - 1;
  }

  /** The state from which {@code expression} leads to {@code next}. */
  private int build(Expression expression, int next) {
    Map<Integer, Integer> byNext = built.computeIfAbsent(expression, _ -> new HashMap<>(2));
    Integer known = byNext.get(next);
    if (known != null) {
      return known;
    }
    int state = buildNew(expression, next, false);
    byNext.put(next, state);
    return state;
  }

  private int buildNew(Expression expression, int next, boolean counted) {
    return switch (expression) {
      case Expression.Characters characters -> buildCharacters(characters.set(), next, counted);
      case Expression.Literal literal -> buildLiteral(literal.text(), next, counted);
      case Expression.Call call -> {
        int state = newState();
        states.get(state).calls().add(new CallEdge(call.rule(), next, counted));
        yield state;
      }
      case Expression.Sequence sequence -> {
        int state = next;
        for (int i = sequence.parts().size() - 1; i >= 0; i--) {
          Expression part = sequence.parts().get(i);
          state = counted && i == 0 ? buildNew(part, state, true) : build(part, state);
        }
        yield state;
      }
      case Expression.Choice choice -> {
        int state = newState();
        for (Expression option : choice.options()) {
          int first = counted ? buildNew(option, next, true) : build(option, next);
          states.get(state).empty().add(first);
        }
        yield state;
      }
      case Expression.Marked marked -> buildNew(marked.part(), next, true);
      case Expression other when counted ->
          throw new IllegalArgumentException("marked: " + other.getClass());
      case Expression.Repeat repeat -> buildRepeat(repeat, next);
      case Expression.Both both ->
          embed(Automaton.of(both.first()).intersection(Automaton.of(both.second())), next);
      case Expression.Without without ->
          embed(Automaton.of(without.first()).minus(Automaton.of(without.second())), next);
      case Expression.Multiple multiple -> buildMultiple(multiple, next);
      case Expression.Looking looking -> embed(Automaton.of(looking.text()), next);
      case Expression.Ahead ahead -> {
        int first = build(ahead.beginning(), REST);
        int state = newState();
        states.get(state).ahead().add(new AheadEdge(first, ahead.negated(), next));
        yield state;
      }
      case Expression.Behind looked -> {
        int automaton = behindIndices.computeIfAbsent(looked, this::addBehind);
        int state = newState();
        states.get(state).behind().add(new BehindEdge(automaton, looked.negated(), next));
        yield state;
      }
    };
  }

  private int addBehind(Expression looked) {
    if (behind.size() >= MAX_BEHIND) {
      throw new IllegalArgumentException(
          "constraint: it looks behind in more than " + MAX_BEHIND + " ways");
    }
    behind.add(Automaton.of(((Expression.Behind) looked).whole()));
    return behind.size() - 1;
  }

  private int buildLiteral(String text, int next, boolean counted) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int state = next;
    for (int i = bytes.length - 1; i >= 0; i--) {
      int value = bytes[i] & 0xFF;
      state = buildByte(new ByteRange(value, value), state, counted && i == 0);
    }
    return state;
  }

  private int buildByte(ByteRange range, int next, boolean counted) {
    int state = newState();
    states.get(state).bytes().add(new ByteEdge(range.low(), range.high(), next, counted));
    return state;
  }

  /** Sequences with the same ending share its states. */
  private int buildCharacters(CodePointSet set, int next, boolean counted) {
    int first = newState();
    Map<List<ByteRange>, Integer> endings = new HashMap<>();
    endings.put(List.of(), next);
    for (List<ByteRange> sequence : Utf8Ranges.of(set)) {
      int state = next;
      for (int i = sequence.size() - 1; i > 0; i--) {
        List<ByteRange> ending = sequence.subList(i, sequence.size());
        Integer known = endings.get(ending);
        if (known == null) {
          known = buildByte(sequence.get(i), state, false);
          endings.put(ending, known);
        }
        state = known;
      }
      ByteRange range = sequence.getFirst();
      states.get(first).bytes().add(new ByteEdge(range.low(), range.high(), state, counted));
    }
    return first;
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

  /**
   * A state for each remainder r: a further digit d leads to (10 r + d) mod divisor. With {@code n}
   * digits behind the point, the rest that is divided is r times 10 to the power of {@code decimals
   * − n}.
   */
  private int buildMultiple(Expression.Multiple multiple, int next) {
    int divisor = multiple.divisor();
    int decimals = multiple.decimals();
    int first = states.size();
    // Row 0 stands before the point, row 1 behind it without a digit, row n + 1 behind n digits.
    int rows = decimals == 0 ? 1 : decimals + 2;
    for (int state = 0; state < rows * divisor; state++) {
      newState();
    }
    for (int row = 0; row < rows; row++) {
      int digits = Math.max(0, row - 1);
      int digitRow = row == 0 ? 0 : row + 1;
      for (int remainder = 0; remainder < divisor; remainder++) {
        State state = states.get(first + row * divisor + remainder);
        if (row != 1 && scaled(remainder, decimals - digits, divisor) == 0) {
          state.empty().add(next);
        }
        if (row == 0 && rows > 1) {
          state.bytes().add(new ByteEdge('.', '.', first + divisor + remainder, false));
        }
        for (int digit = 0; digit <= 9 && digitRow < rows; digit++) {
          int target = first + digitRow * divisor + (int) ((10L * remainder + digit) % divisor);
          state.bytes().add(new ByteEdge('0' + digit, '0' + digit, target, false));
        }
      }
    }
    int begin = newState();
    states.get(begin).empty().add(first);
    states.get(begin).bytes().add(new ByteEdge('-', '-', first, false));
    return begin;
  }

  private static int scaled(int remainder, int zeros, int divisor) {
    long value = remainder;
    for (int i = 0; i < zeros; i++) {
      value = 10 * value % divisor;
    }
    return (int) (value % divisor);
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
      for (Automaton.Edge edge : from.edges()) {
        to.bytes()
            .add(new ByteEdge(edge.low(), edge.high(), first + edge.target(), edge.counted()));
      }
    }
    return first + Automaton.START;
  }
}
