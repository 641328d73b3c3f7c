package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.CodePointSet;
import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import io.github.jmixtral.internal.format.Excerpt;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads grammars in llama.cpp's GBNF; {@link Constraint#gbnf} says of what they consist. */
final class GbnfParser {
  /** Bounds the recursion. */
  private static final int MAX_NESTING = 200;

  private static final String ROOT = "root";

  private final PatternSource source;
  private final GrammarBuilder grammar = new GrammarBuilder();
  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private int nesting;

  /** How many repetitions lie in each other in what was read last. */
  private int depth;

  /** A rule, and where it is first spoken of. */
  private static final class Rule {
    final int number;
    final int place;
    @Nullable Expression expression;

    Rule(int number, int place) {
      this.number = number;
      this.place = place;
    }
  }

  private GbnfParser(String text) {
    source = PatternSource.ofGbnf(text);
  }

  /**
   * The grammar of a text.
   *
   * @throws IllegalArgumentException when it is malformed; the message names line and column
   */
  static Grammar parse(String text) {
    return new GbnfParser(text).parse();
  }

  private Grammar parse() {
    rule(ROOT, 0);
    skipSpace(true);
    while (!source.atEnd()) {
      definition();
      skipSpace(true);
    }
    for (Map.Entry<String, Rule> rule : rules.entrySet()) {
      if (rule.getValue().expression == null) {
        throw source.refuseAt(
            rule.getValue().place, "the rule " + Excerpt.quote(rule.getKey()) + " is not defined");
      }
      grammar.define(rule.getValue().number, rule.getValue().expression);
    }
    requireNoLeftRecursion();
    return grammar.build();
  }

  private Rule rule(String name, int place) {
    return rules.computeIfAbsent(name, _ -> new Rule(grammar.reserve(), place));
  }

  private void definition() {
    int place = source.position();
    String name = name();
    if (name.isEmpty()) {
      throw source.refuse("a rule should begin with its name, but " + found() + " stands here");
    }
    skipSpace(false);
    if (!source.accept("::=")) {
      throw source.refuse(
          "'::=' should stand behind the name " + Excerpt.quote(name) + ", not " + found());
    }
    skipSpace(true);
    // As in llama.cpp, of several definitions the last one counts.
    rule(name, place).expression = alternatives(false);
    if (!source.atEnd() && !source.looksAt("\n") && !source.looksAt("\r")) {
      throw source.refuse("the rule should end here, but " + found() + " follows");
    }
  }

  /** Passes over white space and comments; over the ends of lines only if they are welcome. */
  private void skipSpace(boolean newlines) {
    boolean comment = false;
    while (!source.atEnd()) {
      int c = source.peek();
      boolean lineEnd = c == '\n' || c == '\r';
      comment = !lineEnd && (comment || c == '#');
      if (!comment && c != ' ' && c != '\t' && !(newlines && lineEnd)) {
        return;
      }
      source.moveTo(source.position() + 1);
    }
  }

  private static boolean isWord(int c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-';
  }

  /** The name that stands next; empty if none does. */
  private String name() {
    StringBuilder name = new StringBuilder();
    while (isWord(source.peek())) {
      name.appendCodePoint(source.next());
    }
    return name.toString();
  }

  private String found() {
    return source.quoteNext();
  }

  private Expression alternatives(boolean nested) {
    List<Expression> options = new ArrayList<>();
    options.add(sequence(nested));
    int deepest = depth;
    while (source.accept("|")) {
      skipSpace(true);
      options.add(sequence(nested));
      deepest = Math.max(deepest, depth);
    }
    depth = deepest;
    return Expression.anyOf(options);
  }

  private Expression sequence(boolean nested) {
    List<Expression> parts = new ArrayList<>();
    int deepest = 0;
    while (!source.atEnd()) {
      int place = source.position();
      depth = "*+?{".indexOf(source.peek()) >= 0 ? depth : 0;
      if (source.accept("\"")) {
        parts.add(literal(place));
      } else if (source.accept("[")) {
        parts.add(new Expression.Characters(characters(place)));
      } else if (source.accept(".")) {
        parts.add(new Expression.Characters(CodePointSet.ALL));
      } else if (isWord(source.peek())) {
        parts.add(new Expression.Call(rule(name(), place).number));
      } else if (source.accept("(")) {
        parts.add(group(place));
      } else if ("*+?{".indexOf(source.peek()) >= 0) {
        if (parts.isEmpty()) {
          throw source.refuse("nothing stands before " + found() + " to repeat");
        }
        if (++depth > MAX_NESTING) {
          throw source.refuse("more than " + MAX_NESTING + " repetitions of repetitions");
        }
        parts.add(repeated(parts.removeLast(), nested));
      } else if (source.looksAt("<") || source.looksAt("!")) {
        throw source.refuse("tokens as symbols are not supported");
      } else {
        break;
      }
      deepest = Math.max(deepest, depth);
      skipSpace(nested);
    }
    depth = deepest;
    return Expression.allOf(parts);
  }

  private Expression group(int place) {
    if (++nesting > MAX_NESTING) {
      throw source.refuseAt(place, "more than " + MAX_NESTING + " groups in groups");
    }
    skipSpace(true);
    Expression inside = alternatives(true);
    if (!source.accept(")")) {
      throw source.refuseAt(place, "the group has no end: ')' is missing");
    }
    nesting--;
    return inside;
  }

  private Expression literal(int place) {
    StringBuilder literal = new StringBuilder();
    while (!source.accept("\"")) {
      if (source.atEnd()) {
        throw source.refuseAt(place, "the literal has no end: '\"' is missing");
      }
      literal.appendCodePoint(character());
    }
    return Expression.literal(literal.toString());
  }

  private CodePointSet characters(int place) {
    boolean negated = source.accept("^");
    List<CodePointSet.Range> ranges = new ArrayList<>();
    while (!source.accept("]")) {
      if (source.atEnd()) {
        throw source.refuseAt(place, "the class has no end: ']' is missing");
      }
      int first = character();
      int last = first;
      if (source.looksAt("-") && !source.looksAt("-]")) {
        source.accept("-");
        last = character();
      }
      ranges.add(new CodePointSet.Range(first, last));
    }
    if (ranges.isEmpty()) {
      throw source.refuseAt(place, "the class is empty");
    }
    CodePointSet set = CodePointSet.ofRanges(ranges);
    return negated ? set.complement() : set;
  }

  private int character() {
    int place = source.position();
    int character = source.next();
    if (character != '\\') {
      return character;
    }
    int escape = source.next();
    return switch (escape) {
      case 'x' -> source.characterOf(place, source.hexadecimal(2));
      case 'u' -> source.characterOf(place, source.hexadecimal(4));
      case 'U' -> source.characterOf(place, source.hexadecimal(8));
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'n' -> '\n';
      case '\\', '"', '[', ']' -> escape;
      default ->
          throw source.refuseAt(
              place,
              "the escape " + Excerpt.quote("\\" + Character.toString(escape)) + " is unknown");
    };
  }

  private Expression repeated(Expression part, boolean nested) {
    if (source.accept("*")) {
      return Expression.any(part);
    }
    if (source.accept("+")) {
      return new Expression.Repeat(part, 1, Expression.UNBOUNDED);
    }
    if (source.accept("?")) {
      return Expression.optional(part);
    }
    int place = source.position();
    source.accept("{");
    skipSpace(nested);
    int least = source.count();
    int most = least;
    skipSpace(nested);
    if (source.accept(",")) {
      skipSpace(nested);
      most = source.looksAt("}") ? Expression.UNBOUNDED : source.count();
      skipSpace(nested);
    }
    if (!source.accept("}")) {
      throw source.refuseAt(place, "the repetition is none of {m}, {m,} and {m,n}");
    }
    if (most != Expression.UNBOUNDED && most < least) {
      throw source.refuseAt(place, "in {m,n}, n must not be less than m");
    }
    return new Expression.Repeat(part, least, most);
  }

  private void requireNoLeftRecursion() {
    List<Expression> expressions = rules.values().stream().map(rule -> rule.expression).toList();
    int found = LeftRecursion.in(expressions);
    if (found >= 0) {
      Map.Entry<String, Rule> rule = List.copyOf(rules.entrySet()).get(found);
      throw source.refuseAt(
          rule.getValue().place,
          "the rule "
              + Excerpt.quote(rule.getKey())
              + " refers to itself before it reads anything");
    }
  }
}
