package io.github.jmixtral.constraint;

import io.github.jmixtral.internal.automaton.Expression;
import io.github.jmixtral.internal.automaton.Grammar;
import io.github.jmixtral.internal.automaton.GrammarBuilder;
import io.github.jmixtral.internal.automaton.PushdownMachine;
import io.github.jmixtral.internal.automaton.TokenAutomaton;
import io.github.jmixtral.internal.format.Excerpt;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What a generated text may be. A generation with a constraint can produce nothing else, whatever
 * the model would like to say and however few tokens it may use: as they run out, only ids are left
 * that bring the text to its end in time.
 *
 * <p>The text is what decoding the generated ids gives, without the end-of-sequence id; the space
 * that a first word begins with is not part of it. Immutable; safe for use by several threads. Make
 * a constraint once and use it often: a model remembers what it worked out for it.
 *
 * @since 0.1.0
 */
public final class Constraint {
  static {
    Grammar.OF_CONSTRAINT.open(constraint -> ((Constraint) constraint).grammar);
  }

  private final String description;
  private final Grammar grammar;
  private final PushdownMachine machine;

  private Constraint(String description, Grammar grammar) {
    this.description = description;
    this.grammar = grammar;
    machine = new PushdownMachine(grammar);
  }

  /**
   * One of these texts.
   *
   * @param texts at least one
   */
  public static Constraint oneOf(List<String> texts) {
    Objects.requireNonNull(texts, "texts");
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("oneOf: the list of texts is empty; give at least one");
    }
    List<Expression> literals = texts.stream().map(Constraint::literal).toList();
    return new Constraint("one of " + texts, Grammar.of(new Expression.Choice(literals)));
  }

  /** As {@link #oneOf(List)}. */
  public static Constraint oneOf(String... texts) {
    Objects.requireNonNull(texts, "texts");
    return oneOf(List.of(texts));
  }

  /**
   * A text that a regular expression matches from end to end, as {@link java.util.regex.Pattern}
   * without flags means it. Supported are literals, {@code .}, classes with ranges, {@code \d \D \w
   * \W \s \S \h \H \v \V \R \t \n \r \f \a \e \cX \xhh \x{h…} \}{@code uhhhh}, {@code \p} and
   * {@code \P} with any property that Pattern knows, {@code \Q…\E}, groups (numbered, named or
   * {@code (?:…)}), alternation, the quantifiers {@code ? * + {m} {m,} {m,n}} with counts up to
   * 100,000, lazy ones too (they match the same texts), {@code ^ $ \A \z \Z \b \B} anywhere,
   * looking ahead and behind, and the flags {@code i}, {@code s} and {@code m} inside. Refused are
   * references back, possessive quantifiers, atomic groups, classes in classes, their
   * intersections, and looking ahead while looking behind.
   *
   * @throws IllegalArgumentException when it is malformed, not supported or too large, or when no
   *     text matches; the message names the place
   */
  public static Constraint regex(String pattern) {
    Objects.requireNonNull(pattern, "pattern");
    return new Constraint(
        "regex " + Excerpt.quote(pattern), Grammar.of(RegexParser.matching(pattern)));
  }

  /**
   * Any JSON value. White space is at most one space behind a colon or a comma; numbers have at
   * most 15 digits before the point, 15 behind it and an exponent of one digit, and so are finite;
   * below {@value TokenAutomaton#MAX_DEPTH} levels of nesting the value only comes to its end.
   */
  public static Constraint json() {
    GrammarBuilder builder = new GrammarBuilder();
    int root = builder.reserve();
    builder.define(root, new JsonRules(builder).value());
    return new Constraint("JSON", builder.build());
  }

  /**
   * JSON that fits a schema (JSON Schema 2020-12), written as {@link #json} says. All keywords of a
   * schema must hold together, with what {@code $ref} and {@code allOf} add. Supported are:
   *
   * <ul>
   *   <li>{@code type}, {@code enum}, {@code const}, {@code anyOf}, {@code allOf}, {@code oneOf} of
   *       alternatives that visibly exclude each other, {@code $ref} within the schema: a part with
   *       an {@code $id} is the root of the references in it, so that schemas may be put into
   *       others. A schema without {@code type} speaks of the types that its keywords are about.
   *   <li>Strings: {@code minLength}, {@code maxLength}, {@code pattern} (as {@link #regex}, found
   *       anywhere unless anchored, and only where programs agree what a class means), {@code
   *       format} where it is date, time, date-time, duration, email, hostname, ipv4, ipv6, uuid,
   *       uri, uri-template, json-pointer or a form of these: of each, common forms are written.
   *       Other formats are annotations.
   *   <li>Numbers: {@code minimum}, {@code maximum}, their exclusive forms, {@code multipleOf} with
   *       at most 10,000 remainders. Integers have at most 18 digits, and with OpenAPI's {@code
   *       format} int32 fit into an int; other bounded numbers have at most 15 digits.
   *   <li>Arrays: {@code items}, {@code prefixItems} (or {@code items} and {@code additionalItems}
   *       of draft 7), {@code minItems}, {@code maxItems}, {@code uniqueItems} of strings or
   *       integers, or where an enum lists at most 8 elements: of the former, elements come in a
   *       fixed order. Where there are first items and no others are described, none are written.
   *   <li>Objects: {@code properties}, in their order, {@code required}, {@code
   *       additionalProperties} (where it is not given, only members that {@code properties} or
   *       {@code patternProperties} describe are written), {@code patternProperties}, of names that
   *       fit one pattern alone, {@code propertyNames}, {@code minProperties} (above 1 only where
   *       names are listed), {@code maxProperties}.
   * </ul>
   *
   * <p>Unknown keywords are annotations and ignored. Refused by name are {@code not}, {@code if},
   * {@code contains}, {@code dependentRequired}, {@code dependentSchemas}, {@code
   * unevaluatedProperties} and {@code unevaluatedItems}, where they say something, and dynamic
   * references.
   *
   * @param schema the schema's JSON text
   * @throws IllegalArgumentException when it is malformed, not supported or too large, or when no
   *     value fits; the message names the place
   */
  public static Constraint jsonSchema(String schema) {
    Objects.requireNonNull(schema, "schema");
    return new Constraint("JSON of a schema", SchemaCompiler.compile(schema));
  }

  /**
   * A text of a grammar in GBNF, as llama.cpp reads it: rules {@code name ::= alternatives}, of
   * which {@code root} is where a text begins; literals in double quotes, classes {@code [a-z]} and
   * {@code [^a-z]}, {@code .} for any character, the escapes {@code \t \r \n \\ \" \[ \] \xhh
   * \}{@code uhhhh \Uhhhhhhhh}, groups, {@code |}, and the quantifiers {@code * + ? {m} {m,} {m,n}}
   * with counts up to 100,000. A rule ends with its line, unless a group is open or {@code |}
   * stands at the end; {@code #} begins a comment. Symbols for tokens are refused.
   *
   * @throws IllegalArgumentException when it is malformed or too large, when a rule refers to
   *     itself before it reads anything, or when no text fits; the message names line and column
   */
  public static Constraint gbnf(String grammar) {
    Objects.requireNonNull(grammar, "grammar");
    return new Constraint("GBNF", GbnfParser.parse(grammar));
  }

  /** Whether a whole text fits. */
  public boolean matches(String text) {
    Objects.requireNonNull(text, "text");
    return machine.matches(text);
  }

  @Override
  public String toString() {
    return "Constraint[" + description + "]";
  }

  private static Expression literal(String text) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException(
          "oneOf: a text has half a surrogate pair, which is no Unicode: " + Excerpt.quote(text));
    }
    return Expression.literal(text);
  }
}
