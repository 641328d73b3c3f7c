package io.github.jmixtral.internal.automaton;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Runs a grammar byte by byte, all ways at once. Configurations are made when they are first
 * reached and remembered, within limits. Safe for use by several threads.
 */
public final class PushdownMachine {
  /** Beyond so many the memory is cleared; what is needed is made again. */
  private static final int MAX_REMEMBERED = 50_000;

  private final Grammar grammar;
  private final int[] costs;
  private final Map<Set<Frame>, Configuration> remembered = new ConcurrentHashMap<>();

  /**
   * @param costs for each state, so many tokens suffice to the end of its rule
   */
  public PushdownMachine(Grammar grammar, int[] costs) {
    this.grammar = grammar;
    this.costs = costs;
  }

  /** Where a text begins. */
  public Configuration start() {
    return at(grammar.start(0));
  }

  /** A state with nothing below it: complete as soon as its rule is. */
  Configuration at(int state) {
    return configuration(Set.of(frame(state, null)));
  }

  /** Where a byte leads, {@link Configuration#DEAD} if it does not fit. */
  public Configuration next(Configuration from, int value) {
    Configuration known = from.known(value);
    if (known != null) {
      return known;
    }
    Set<Frame> kernels = new LinkedHashSet<>();
    for (Frame reader : from.readers()) {
      int target = Automaton.target(grammar.state(reader.state()), value);
      if (target >= 0 && costs[target] < Grammar.NEVER) {
        kernels.add(returned(target, reader.parent()));
      }
    }
    Configuration next = kernels.isEmpty() ? Configuration.DEAD : configuration(kernels);
    from.learn(value, next);
    return next;
  }

  /** Where bytes lead, {@link Configuration#DEAD} if they do not fit. */
  public Configuration next(Configuration from, byte[] bytes) {
    Configuration configuration = from;
    for (byte b : bytes) {
      configuration = next(configuration, b & 0xFF);
    }
    return configuration;
  }

  private Configuration configuration(Set<Frame> kernels) {
    if (remembered.size() > MAX_REMEMBERED) {
      remembered.clear();
    }
    return remembered.computeIfAbsent(kernels, this::closed);
  }

  private Configuration closed(Set<Frame> kernels) {
    Closure closure = new Closure();
    kernels.forEach(closure::add);
    int bound = closure.complete ? 0 : Grammar.NEVER;
    int depth = 0;
    for (Frame reader : closure.readers) {
      bound = Math.min(bound, reader.bound());
      depth = Math.max(depth, reader.depth());
    }
    return new Configuration(
        List.copyOf(kernels), List.copyOf(closure.readers), closure.complete, bound, depth);
  }

  private Frame frame(int state, Frame parent) {
    return new Frame(state, parent, costs[state]);
  }

  /** A state on a stack; where it can only return, what it returns to. */
  private Frame returned(int state, Frame parent) {
    return parent != null && grammar.onlyReturns(state) ? parent : frame(state, parent);
  }

  /** Follows calls and returns until a byte must be read. */
  private final class Closure {
    private final Collection<Frame> seen = new LinkedHashSet<>();
    private final List<Frame> readers = new ArrayList<>();
    private boolean complete;

    void add(Frame frame) {
      if (!seen.add(frame)) {
        return;
      }
      Automaton.State state = grammar.state(frame.state());
      if (state.lows().length > 0) {
        readers.add(frame);
      }
      if (state.accepting()) {
        if (frame.parent() == null) {
          complete = true;
        } else {
          add(frame.parent());
        }
      }
      for (int call = 0; call < state.rules().length; call++) {
        int start = grammar.start(state.rules()[call]);
        int back = state.returns()[call];
        if (costs[start] < Grammar.NEVER && costs[back] < Grammar.NEVER) {
          // A rule that ends with a call leaves nothing on the stack.
          Frame below = grammar.onlyReturns(back) ? frame.parent() : frame(back, frame.parent());
          add(frame(start, below));
        }
      }
    }
  }
}
