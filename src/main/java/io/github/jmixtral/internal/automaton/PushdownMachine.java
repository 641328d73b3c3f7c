package io.github.jmixtral.internal.automaton;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs a grammar byte by byte, all ways at once. Configurations are made when they are first
 * reached and remembered, within limits. Safe for use by several threads.
 */
public final class PushdownMachine {
  /** The memory is cleared beyond this number of entries; what is needed is made again. */
  private static final int MAX_REMEMBERED = 50_000;

  /** Bounds time and memory where a grammar is so ambiguous that the ways multiply. */
  private static final int MAX_STACKS = 20_000;

  private final Grammar grammar;
  private final Costs costs;
  private final Map<Set<Frame>, Configuration> remembered = new ConcurrentHashMap<>();

  /** A machine that knows no tokens: a configuration's bound counts bytes. */
  public PushdownMachine(Grammar grammar) {
    this(grammar, grammar.bytes());
  }

  /**
   * @param costs the number of tokens that suffice to the end of each rule
   */
  PushdownMachine(Grammar grammar, Costs costs) {
    this.grammar = grammar;
    this.costs = costs;
  }

  /** Whether a whole text fits. */
  public boolean matches(String text) {
    Configuration configuration = start();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      configuration = next(configuration, b & 0xFF);
    }
    return configuration.isComplete();
  }

  /** Where a text begins. */
  Configuration start() {
    return at(grammar.start(0), 0);
  }

  /** A state with nothing below it: complete as soon as its rule is. */
  Configuration at(int state, int count) {
    return configuration(Set.of(frame(state, count, null)));
  }

  /** Where a byte leads, {@link Configuration#DEAD} if it does not fit. */
  Configuration next(Configuration from, int value) {
    Configuration known = from.known(value);
    if (known != null) {
      return known;
    }
    Set<Frame> kernels = new LinkedHashSet<>();
    for (Frame reader : from.readers()) {
      Automaton.Edge edge = grammar.state(reader.state()).edge(value);
      if (edge == null) {
        continue;
      }
      int count = count(reader, edge.counted());
      if (count >= 0 && costs.of(edge.target(), count) < Costs.NEVER) {
        add(kernels, returned(edge.target(), count, reader.parent()));
      }
    }
    Configuration next = kernels.isEmpty() ? Configuration.DEAD : configuration(kernels);
    from.learn(value, next);
    return next;
  }

  /** Where bytes lead, {@link Configuration#DEAD} if they do not fit. */
  Configuration next(Configuration from, byte[] bytes) {
    Configuration configuration = from;
    for (byte b : bytes) {
      configuration = next(configuration, b & 0xFF);
    }
    return configuration;
  }

  /** The count behind an edge or a call, −1 where there must not be another. */
  private int count(Frame frame, boolean counted) {
    return counted
        ? grammar.counter(grammar.rule(frame.state())).next(frame.count())
        : frame.count();
  }

  /** Adds a stack unless another one may do whatever it may. */
  private void add(Set<Frame> kernels, Frame added) {
    Counter counter = grammar.counter(grammar.rule(added.state()));
    if (!kernels.isEmpty() && counter.last() > 0) {
      for (Frame kernel : List.copyOf(kernels)) {
        boolean alike =
            kernel.state() == added.state() && Objects.equals(kernel.parent(), added.parent());
        if (alike && counter.dominates(kernel.count(), added.count())) {
          return;
        }
        if (alike && counter.dominates(added.count(), kernel.count())) {
          kernels.remove(kernel);
        }
      }
    }
    kernels.add(added);
  }

  private Configuration configuration(Set<Frame> kernels) {
    if (remembered.size() > MAX_REMEMBERED) {
      remembered.clear();
    }
    return remembered.computeIfAbsent(kernels, this::closed);
  }

  private Configuration closed(Set<Frame> kernels) {
    Closure closure = new Closure();
    closure.addAll(kernels);
    int bound = closure.complete ? 0 : Costs.NEVER;
    int depth = 0;
    for (Frame reader : closure.readers) {
      bound = Math.min(bound, reader.bound());
      depth = Math.max(depth, reader.depth());
    }
    return new Configuration(
        List.copyOf(kernels), List.copyOf(closure.readers), closure.complete, bound, depth);
  }

  private Frame frame(int state, int count, @Nullable Frame parent) {
    return new Frame(state, count, parent, costs.of(state, count));
  }

  /** A state on a stack; where it can only return, what it returns to. */
  private Frame returned(int state, int count, @Nullable Frame parent) {
    return parent != null && grammar.state(state).isLast() ? parent : frame(state, count, parent);
  }

  /** Follows calls and returns until a byte must be read. */
  private final class Closure {
    private final Set<Frame> seen = new HashSet<>();
    private final Deque<Frame> todo = new ArrayDeque<>();
    private final List<Frame> readers = new ArrayList<>();
    private boolean complete;

    void addAll(Set<Frame> kernels) {
      kernels.forEach(this::add);
      while (!todo.isEmpty()) {
        follow(todo.remove());
      }
    }

    private void add(Frame frame) {
      if (seen.add(frame)) {
        todo.add(frame);
      }
      if (seen.size() > MAX_STACKS) {
        throw new IllegalStateException(
            "constraint: the text fits in more than "
                + MAX_STACKS
                + " ways: its grammar is too ambiguous");
      }
    }

    private void follow(Frame frame) {
      Automaton.State state = grammar.state(frame.state());
      if (state.edges().length > 0) {
        readers.add(frame);
      }
      if (state.accepting()
          && frame.count() >= grammar.counter(grammar.rule(frame.state())).least()) {
        Frame parent = frame.parent();
        if (parent == null) {
          complete = true;
        } else {
          add(parent);
        }
      }
      for (Automaton.Call call : state.calls()) {
        int count = count(frame, call.counted());
        if (count >= 0
            && costs.ofCall(call.rule()) < Costs.NEVER
            && costs.of(call.target(), count) < Costs.NEVER) {
          // A rule that ends with a call leaves nothing on the stack.
          @Nullable Frame below =
              grammar.state(call.target()).isLast()
                  ? frame.parent()
                  : frame(call.target(), count, frame.parent());
          add(frame(grammar.start(call.rule()), 0, below));
        }
      }
    }
  }
}
