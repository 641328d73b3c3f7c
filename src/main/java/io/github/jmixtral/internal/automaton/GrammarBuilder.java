package io.github.jmixtral.internal.automaton;

import io.github.jmixtral.internal.automaton.Expression.Call;
import io.github.jmixtral.internal.automaton.Expression.Characters;
import io.github.jmixtral.internal.automaton.Expression.Choice;
import io.github.jmixtral.internal.automaton.Expression.Literal;
import io.github.jmixtral.internal.automaton.Expression.Marked;
import io.github.jmixtral.internal.automaton.Expression.Repeat;
import io.github.jmixtral.internal.automaton.Expression.Sequence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a grammar of rules that come one by one; a rule may be called before it is defined.
 * Repetitions whose copies would take many states become rules of their own, which count.
 */
public final class GrammarBuilder {
  /** Repetitions of more states than these are counted. */
  private static final int MOST_COPIED_STATES = 64;

  private final List<Expression> rules = new ArrayList<>();
  private final List<Counter> counters = new ArrayList<>();
  private final Map<Expression, Expression> counted = new IdentityHashMap<>();
  private final Map<Integer, Call> withoutEmpty = new HashMap<>();
  private boolean[] empty = {};

  /** The number of a rule to define later; the first is where a text begins. */
  public int reserve() {
    rules.add(null);
    counters.add(Counter.NONE);
    return rules.size() - 1;
  }

  /** Says what a rule matches. */
  public void define(int rule, Expression expression) {
    rules.set(rule, expression);
  }

  /** Reserves and defines. */
  public Call add(Expression expression) {
    int rule = reserve();
    define(rule, expression);
    return new Call(rule);
  }

  /**
   * Reserves and defines a rule that counts.
   *
   * @param expression in it, what is {@link Marked} occurs so often
   * @param most or {@link Expression#UNBOUNDED}
   */
  public Call add(Expression expression, int least, int most) {
    Call call = add(expression);
    counters.set(call.rule(), new Counter(least, most));
    return call;
  }

  /**
   * The grammar, once every rule is defined.
   *
   * @throws IllegalArgumentException when no text fits, when a rule calls itself before it reads
   *     anything, or when there are too many states
   */
  public Grammar build() {
    findEmpty();
    List<Automaton> automata = new ArrayList<>();
    Map<Expression, Automaton> known = new IdentityHashMap<>();
    // Rules are added on the way.
    for (int rule = 0; rule < rules.size(); rule++) {
      automata.add(known.computeIfAbsent(withCounts(rules.get(rule)), Automaton::of));
    }
    return new Grammar(automata, counters);
  }

  /** The expression with rules that count in place of its long repetitions. */
  private Expression withCounts(Expression expression) {
    Expression known = counted.get(expression);
    if (known == null) {
      known =
          switch (expression) {
            case Sequence sequence -> new Sequence(withCounts(sequence.parts()));
            case Choice choice -> new Choice(withCounts(choice.options()));
            case Marked marked -> new Marked(withCounts(marked.part()));
            case Repeat repeat ->
                isLong(repeat) && !isMarked(repeat.part()) ? counting(repeat) : copying(repeat);
            case Expression other -> other;
          };
      counted.put(expression, known);
    }
    return known;
  }

  /** Without a stream, as expressions may be nested deep: one level for each optional member. */
  private List<Expression> withCounts(List<Expression> expressions) {
    List<Expression> counting = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      counting.add(withCounts(expression));
    }
    return counting;
  }

  private Expression copying(Repeat repeat) {
    return new Repeat(withCounts(repeat.part()), repeat.least(), repeat.most());
  }

  private Expression counting(Repeat repeat) {
    boolean maybeEmpty = matchesEmpty(repeat.part());
    Expression part = maybeEmpty ? nonEmpty(repeat.part()) : repeat.part();
    int least = maybeEmpty ? 0 : repeat.least();
    // Of one character it is clear where the next begins; other parts have rules of their own.
    Expression once = part instanceof Characters ? part : add(part);
    Call loop = add(Expression.any(new Marked(once)), Math.max(1, least), repeat.most());
    return least == 0 ? Expression.optional(loop) : loop;
  }

  private static boolean isLong(Repeat repeat) {
    int copies = Math.max(repeat.least(), repeat.most());
    return copies > 1 && (long) copies * states(repeat.part()) > MOST_COPIED_STATES;
  }

  /** Whether the counter of the rule around counts in it. */
  private static boolean isMarked(Expression expression) {
    return switch (expression) {
      case Sequence sequence -> sequence.parts().stream().anyMatch(GrammarBuilder::isMarked);
      case Choice choice -> choice.options().stream().anyMatch(GrammarBuilder::isMarked);
      case Repeat repeat -> isMarked(repeat.part());
      case Marked _ -> true;
      case Expression _ -> false;
    };
  }

  /** About how many states an expression takes. */
  private static long states(Expression expression) {
    return switch (expression) {
      case Characters characters -> characters.set().isAscii() ? 1 : 8;
      case Literal literal -> literal.text().length();
      case Sequence sequence -> sequence.parts().stream().mapToLong(GrammarBuilder::states).sum();
      case Choice choice -> 1 + choice.options().stream().mapToLong(GrammarBuilder::states).sum();
      case Repeat repeat ->
          1 + states(repeat.part()) * Math.max(1, Math.max(repeat.least(), repeat.most()));
      case Marked marked -> states(marked.part());
      case Call _ -> 1;
      case Expression _ -> MOST_COPIED_STATES;
    };
  }

  /** Finds the rules that match the empty text. */
  private void findEmpty() {
    empty = new boolean[rules.size()];
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int rule = 0; rule < empty.length; rule++) {
        if (!empty[rule] && counters.get(rule).least() == 0 && matchesEmpty(rules.get(rule))) {
          empty[rule] = true;
          changed = true;
        }
      }
    }
  }

  private boolean matchesEmpty(Expression expression) {
    return switch (expression) {
      case Characters _ -> false;
      case Literal literal -> literal.text().isEmpty();
      case Sequence sequence -> sequence.parts().stream().allMatch(this::matchesEmpty);
      case Choice choice -> choice.options().stream().anyMatch(this::matchesEmpty);
      case Repeat repeat -> repeat.least() == 0 || matchesEmpty(repeat.part());
      case Marked marked -> matchesEmpty(marked.part());
      case Call call -> call.rule() < empty.length && empty[call.rule()];
      case Expression flat -> Automaton.of(flat).state(Automaton.START).accepting();
    };
  }

  /** What an expression matches but the empty text. */
  private Expression nonEmpty(Expression expression) {
    if (!matchesEmpty(expression)) {
      return expression;
    }
    return switch (expression) {
      case Sequence sequence -> nonEmpty(sequence.parts());
      case Choice choice -> new Choice(choice.options().stream().map(this::nonEmpty).toList());
      case Repeat repeat -> {
        int least = matchesEmpty(repeat.part()) ? 1 : Math.max(1, repeat.least());
        yield repeat.most() == 0
            ? Expression.NOTHING
            : new Repeat(nonEmpty(repeat.part()), least, repeat.most());
      }
      case Marked marked -> new Marked(nonEmpty(marked.part()));
      case Call call -> {
        if (!withoutEmpty.containsKey(call.rule())) {
          int rule = reserve();
          withoutEmpty.put(call.rule(), new Call(rule));
          define(rule, nonEmpty(rules.get(call.rule())));
          counters.set(rule, counters.get(call.rule()));
        }
        yield withoutEmpty.get(call.rule());
      }
      case Literal _ -> Expression.NOTHING;
      case Expression flat -> new Expression.Without(flat, Expression.EMPTY);
    };
  }

  /** The first parts are empty, the next is not, and of those behind it anything goes. */
  private Expression nonEmpty(List<Expression> parts) {
    List<Expression> options = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      List<Expression> rest = new ArrayList<>(parts.subList(i, parts.size()));
      rest.set(0, nonEmpty(rest.getFirst()));
      options.add(new Sequence(List.copyOf(rest)));
    }
    return new Choice(options);
  }
}
