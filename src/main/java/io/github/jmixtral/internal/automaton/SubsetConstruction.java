package io.github.jmixtral.internal.automaton;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes an automaton deterministic: every state stands for the set of threads that may be under
 * way.
 *
 * <p>A thread is a state of the nondeterministic automaton together with the promises it was let
 * through for: that the rest of the text begins in some way (a set of threads, too, of which one
 * must come to its end), or does not. What automata that look behind have matched depends on the
 * text so far alone: their states run along, one of each. Sets, threads and promises have numbers,
 * so that equal ones are found to be equal.
 */
final class SubsetConstruction {
  /** Bounds time where few states stand for sets of many, as in {@code (a{0,99}){0,99}}. */
  private static final int MAX_STEPS = 2_000_000;

  /** Bounds memory: every place that is looked ahead from may add a promise. */
  private static final int MAX_PROMISES = 32;

  private static final int NO_STATE = -1;
  private static final int BYTES = 256;

  /** What is promised of the rest: that one of the set's threads ends, or that none does. */
  private record Promise(int set, boolean negated) {}

  private record Thread(int state, Set<Promise> promises) {}

  /** A set of threads, and the states of the automata that look behind. */
  private record Situation(int set, List<Integer> behind) {}

  private final Nondeterministic from;

  private final List<Thread> threads = new ArrayList<>();
  private final Map<Thread, Integer> threadNumbers = new HashMap<>();
  private final List<int[]> sets = new ArrayList<>();
  private final Map<List<Integer>, Integer> setNumbers = new HashMap<>();
  private final Map<Situation, Integer> indices = new HashMap<>();
  private final Deque<Situation> open = new ArrayDeque<>();

  /** What promises become, by their set and a byte, where nothing looks behind. */
  private final Map<Long, int[]> promised = new HashMap<>();

  private final List<NumberSet> closures = new ArrayList<>();

  /**
   * Where the bytes of the state at hand are cut, in rising order: of one state after the other.
   */
  private final int[] cuts = new int[BYTES + 1];

  private final boolean[] cut = new boolean[BYTES + 1];

  private int depth;
  private int steps;

  SubsetConstruction(Nondeterministic from) {
    this.from = from;
    // A thread without promises has the number of its state.
    for (int state = 0; state < from.size(); state++) {
      threads.add(new Thread(state, Set.of()));
    }
  }

  Automaton automaton() {
    List<Automaton.State> states = new ArrayList<>();
    List<Integer> behind = from.behind().stream().map(_ -> Automaton.START).toList();
    index(new Situation(set(closure(List.of(from.start()), behind)), behind));
    while (!open.isEmpty()) {
      states.add(state(open.remove()));
    }
    return new Automaton(states);
  }

  private int index(Situation situation) {
    Integer known = indices.get(situation);
    if (known != null) {
      return known;
    }
    Automaton.requireRoom(indices.size());
    int index = indices.size();
    indices.put(situation, index);
    open.add(situation);
    return index;
  }

  private Automaton.State state(Situation at) {
    Automaton.EdgeList edges = new Automaton.EdgeList();
    int count = cut(at);
    for (int i = 0; i + 1 < count; i++) {
      addEdge(edges, at, cuts[i], cuts[i + 1] - 1);
    }
    return new Automaton.State(accepting(at.set()), edges.toArray(), calls(at));
  }

  private Automaton.Call[] calls(Situation at) {
    Map<Integer, List<Nondeterministic.CallEdge>> byRule = new TreeMap<>();
    for (int thread : sets.get(at.set())) {
      for (Nondeterministic.CallEdge edge : from.state(threads.get(thread).state()).calls()) {
        byRule.computeIfAbsent(edge.rule(), _ -> new ArrayList<>()).add(edge);
      }
    }
    List<Automaton.Call> calls = new ArrayList<>();
    for (Map.Entry<Integer, List<Nondeterministic.CallEdge>> entry : byRule.entrySet()) {
      boolean counted = entry.getValue().getFirst().counted();
      List<Integer> targets = new ArrayList<>();
      for (Nondeterministic.CallEdge edge : entry.getValue()) {
        requireAlike(counted, edge.counted());
        targets.add(edge.target());
      }
      int set = set(closure(targets, at.behind()));
      calls.add(
          new Automaton.Call(entry.getKey(), index(new Situation(set, at.behind())), counted));
    }
    return calls.toArray(Automaton.Call[]::new);
  }

  /** Adds where the bytes from {@code low} to {@code high} lead, which all lead there. */
  private void addEdge(Automaton.EdgeList edges, Situation at, int low, int high) {
    List<Integer> targets = new ArrayList<>();
    List<Integer> behind = at.behind();
    if (!behind.isEmpty()) {
      Integer[] moved = new Integer[behind.size()];
      for (int automaton = 0; automaton < moved.length; automaton++) {
        int state = behind.get(automaton);
        moved[automaton] =
            state == NO_STATE ? state : from.behind().get(automaton).target(state, low);
      }
      behind = Arrays.asList(moved);
    }
    boolean counted = false;
    for (int thread : sets.get(at.set())) {
      for (Nondeterministic.ByteEdge edge : from.state(threads.get(thread).state()).bytes()) {
        steps++;
        if (edge.low() > low || high > edge.high()) {
          continue;
        }
        int target = moved(thread, edge.target(), low, behind);
        if (target >= 0) {
          counted = targets.isEmpty() ? edge.counted() : requireAlike(counted, edge.counted());
          targets.add(target);
        }
      }
    }
    if (targets.isEmpty()) {
      return;
    }
    int[] closed = closure(targets, behind);
    if (closed.length > 0) {
      edges.add(low, high, index(new Situation(set(closed), behind)), counted);
    }
  }

  private static boolean requireAlike(boolean first, boolean second) {
    if (first != second) {
      throw new IllegalStateException("a counter that counts one way and not the other");
    }
    return first;
  }

  /** The thread in a state with the promises of another, a byte later; −1 if one is broken. */
  private int moved(int thread, int target, int value, List<Integer> behind) {
    Set<Promise> promises = threads.get(thread).promises();
    if (promises.isEmpty()) {
      return target;
    }
    steps += promises.size();
    requirePatience();
    Set<Promise> left = new LinkedHashSet<>();
    for (Promise promise : promises) {
      if (!keep(promised(promise.set(), value, behind), promise.negated(), left)) {
        return -1;
      }
    }
    return thread(target, left);
  }

  /** The set of a promise a byte later; the same promises come along many ways. */
  private int[] promised(int set, int value, List<Integer> behind) {
    long key = (long) set * BYTES + value;
    int[] known = behind.isEmpty() ? promised.get(key) : null;
    if (known != null) {
      return known;
    }
    List<Integer> targets = new ArrayList<>();
    for (int inner : sets.get(set)) {
      for (Nondeterministic.ByteEdge edge : from.state(threads.get(inner).state()).bytes()) {
        steps++;
        int next =
            edge.low() <= value && value <= edge.high()
                ? moved(inner, edge.target(), value, behind)
                : -1;
        if (next >= 0) {
          targets.add(next);
        }
      }
    }
    int[] moved = closure(targets, behind);
    promised.put(key, moved);
    return moved;
  }

  /** Adds a promise unless it is kept for good; false if it is broken for good. */
  private boolean keep(int[] set, boolean negated, Set<Promise> promises) {
    if (set.length == 0) {
      return negated;
    }
    if (set[0] == Nondeterministic.REST) {
      return !negated;
    }
    promises.add(new Promise(set(set), negated));
    return true;
  }

  private int thread(int state, Set<Promise> promises) {
    if (promises.isEmpty()) {
      return state;
    }
    if (promises.size() > MAX_PROMISES) {
      throw new IllegalArgumentException(
          "constraint: it looks ahead from more than " + MAX_PROMISES + " places at once");
    }
    return threadNumbers.computeIfAbsent(
        new Thread(state, Set.copyOf(promises)),
        thread -> {
          threads.add(thread);
          return threads.size() - 1;
        });
  }

  private int set(int[] members) {
    List<Integer> key = Arrays.stream(members).boxed().toList();
    return setNumbers.computeIfAbsent(
        key,
        _ -> {
          sets.add(members);
          return sets.size() - 1;
        });
  }

  /** Whether the text may end here. */
  private boolean accepting(int set) {
    for (int number : sets.get(set)) {
      Thread thread = threads.get(number);
      boolean atEnd =
          thread.state() == Nondeterministic.END || thread.state() == Nondeterministic.REST;
      if (atEnd
          && thread.promises().stream()
              .allMatch(promise -> accepting(promise.set()) != promise.negated())) {
        return true;
      }
    }
    return false;
  }

  /** Sets {@code cuts} to where bytes begin or end to be treated alike; returns how many. */
  private int cut(Situation at) {
    Arrays.fill(cut, false);
    addCuts(at.set(), new TreeSet<>());
    for (int automaton = 0; automaton < at.behind().size(); automaton++) {
      int state = at.behind().get(automaton);
      if (state != NO_STATE) {
        for (Automaton.Edge edge : from.behind().get(automaton).state(state).edges()) {
          cut[edge.low()] = true;
          cut[edge.high() + 1] = true;
        }
      }
    }
    int count = 0;
    for (int value = 0; value <= BYTES; value++) {
      if (cut[value]) {
        cuts[count++] = value;
      }
    }
    return count;
  }

  private void addCuts(int set, Collection<Integer> seen) {
    for (int number : sets.get(set)) {
      Thread thread = threads.get(number);
      requirePatience();
      for (Nondeterministic.ByteEdge edge : from.state(thread.state()).bytes()) {
        cut[edge.low()] = true;
        cut[edge.high() + 1] = true;
      }
      for (Promise promise : thread.promises()) {
        if (seen.add(promise.set())) {
          addCuts(promise.set(), seen);
        }
      }
    }
  }

  /** The threads that edges along nothing make of some, in rising order. */
  private int[] closure(List<Integer> kernel, List<Integer> behind) {
    if (depth == closures.size()) {
      closures.add(new NumberSet());
    }
    NumberSet members = closures.get(depth);
    depth++; // looking ahead needs another closure meanwhile
    members.clear();
    kernel.forEach(members::add);
    for (int i = 0; i < members.size(); i++) {
      requirePatience();
      follow(members.get(i), behind, members);
    }
    depth--;
    if (members.contains(Nondeterministic.REST)) {
      // Whatever the others do, this one is at its end whenever the text is.
      return new int[] {Nondeterministic.REST};
    }
    // States that only pass on say nothing: without them equal sets are found to be equal.
    int[] telling = new int[members.size()];
    int count = 0;
    for (int i = 0; i < members.size(); i++) {
      int number = members.get(i);
      if (hasSubstance(number)
          && (number < from.size() || !members.contains(threads.get(number).state()))) {
        telling[count++] = number;
      }
    }
    int[] sorted = Arrays.copyOf(telling, count);
    Arrays.sort(sorted);
    return sorted;
  }

  private void follow(int number, List<Integer> behind, NumberSet todo) {
    Thread thread = threads.get(number);
    Nondeterministic.State state = from.state(thread.state());
    for (int target : state.empty()) {
      todo.add(thread(target, thread.promises()));
    }
    for (Nondeterministic.BehindEdge edge : state.behind()) {
      int reached = behind.get(edge.automaton());
      boolean matched =
          reached != NO_STATE && from.behind().get(edge.automaton()).state(reached).accepting();
      if (matched != edge.negated()) {
        todo.add(thread(edge.target(), thread.promises()));
      }
    }
    for (Nondeterministic.AheadEdge edge : state.ahead()) {
      Set<Promise> promises = new LinkedHashSet<>(thread.promises());
      if (keep(closure(List.of(edge.start()), behind), edge.negated(), promises)) {
        todo.add(thread(edge.target(), promises));
      }
    }
  }

  private void requirePatience() {
    if (++steps > MAX_STEPS) {
      throw new IllegalArgumentException(
          "constraint: it needs more than "
              + MAX_STEPS
              + " steps to find its states: it is too intricate");
    }
  }

  private boolean hasSubstance(int number) {
    int state = threads.get(number).state();
    return state == Nondeterministic.END
        || !from.state(state).bytes().isEmpty()
        || !from.state(state).calls().isEmpty();
  }
}
