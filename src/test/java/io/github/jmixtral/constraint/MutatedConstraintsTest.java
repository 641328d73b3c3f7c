package io.github.jmixtral.constraint;

import io.github.jmixtral.RunsOnce;
import io.github.jmixtral.testkit.mutation.MutantRun;
import io.github.jmixtral.testkit.mutation.MutatedReader;
import io.github.jmixtral.testkit.mutation.Seed;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Mutants of what constraints are written as; see {@link MutantRun}. */
@RunsOnce
class MutatedConstraintsTest {
  /** What takes memory is the states that a few characters ask for; their number is bounded. */
  private static final long MOST_MEMORY = 1L << 30;

  @TempDir Path folder;

  private static Stream<MutatedReader> readers() {
    return Stream.of(regex(), schema(), gbnf());
  }

  @ParameterizedTest
  @MethodSource("readers")
  void mutantsAreReadOrRefused(MutatedReader reader) {
    MutantRun.of(reader, folder);
  }

  private static MutatedReader regex() {
    return new MutatedReader(
            "regex", mutant -> use(Constraint.regex(mutant.text()), "ab, 12-é \u00df]"))
        .refusingBy(IllegalArgumentException.class)
        .within(MOST_MEMORY)
        .mutating(
            "",
            Seed.of("^(?:ab|[a-z0-9_é-ü]{2,5}\\d+[^,;]*?)(?<n>, ?\\w{1,3}){0,12}.\\u00df\\x5d?$"),
            Seed.of("(a|b)*c{3}"),
            Seed.of("((\\s*\\S+){1,20}\\n?){2,}"),
            Seed.of("[\\d\\-\\]x-z]+|\\(\\.\\*"),
            Seed.of("(?!\\.)(?!.*\\.\\.)[\\w.]{1,30}(?<=[a-z])@(?i:[a-z]+\\.)+\\p{L}{2,}\\b"),
            Seed.of("(?=.*\\d)(^a|(?m:^b)).{3,9}(?:x{5}|yy?){0,3}"));
  }

  private static MutatedReader schema() {
    return new MutatedReader(
            "schema",
            mutant ->
                use(Constraint.jsonSchema(mutant.text()), "{\"name\": \"ab\", \"age\": 12, \"x\":"))
        .refusingBy(IllegalArgumentException.class)
        .within(MOST_MEMORY)
        .mutating(
            "",
            Seed.of(
                """
                {"title": "t", "type": "object", "properties": {
                   "name": {"type": "string", "minLength": 1, "maxLength": 20},
                   "age": {"type": "integer", "minimum": 0, "maximum": 150, "multipleOf": 2},
                   "kind": {"enum": ["a", 1, null, [2], {"b": false}]},
                   "one": {"const": 3.5},
                   "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 1,
                     "maxItems": 4},
                   "pair": {"prefixItems": [{"type": "boolean"}, {"type": "number"}],
                     "type": "array", "items": false},
                   "any": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^[a-c]+$"}]},
                   "map": {"type": "object", "additionalProperties": {"type": "integer",
                     "exclusiveMinimum": -5, "exclusiveMaximum": 5}}},
                 "required": ["name", "age"], "additionalProperties": false,
                 "$defs": {"tag": {"type": ["string", "null"]},
                   "tree": {"type": "object", "properties": {"l": {"$ref": "#/$defs/tree"}}}}}
                """),
            Seed.of(
                """
                {"allOf": [{"type": "object", "minProperties": 1, "propertyNames": {"maxLength": 9},
                   "patternProperties": {"^s": {"format": "date"}, "n$": {"multipleOf": 0.25}}},
                  {"properties": {"sn": {"const": "a", "enum": ["a", 1.0]}, "x": {"type": "number",
                   "minimum": 0.5, "exclusiveMaximum": 1e3}, "u": {"items": {"enum": [1, 2, "c"]},
                   "uniqueItems": true}, "t": {"items": [{"type": "null"}], "additionalItems":
                   {"type": "string", "minLength": 1000, "pattern": "^(?!a)b*$"}}},
                   "required": ["q"], "additionalProperties": {"type": "boolean"}}]}
                """),
            Seed.of(
                """
                {"oneOf": [{"type": "integer", "minimum": 1000}, {"type": "string"},
                 {"$ref": "#/$defs/tree"}], "$defs": {"tree": {"type": "object",
                 "properties": {"l": {"$ref": "#/$defs/tree"}, "v": {"type": "integer"}}}}}
                """));
  }

  private static MutatedReader gbnf() {
    return new MutatedReader(
            "gbnf", mutant -> use(Constraint.gbnf(mutant.text()), "{\"ab\": [12, -é]}"))
        .refusingBy(IllegalArgumentException.class)
        .within(MOST_MEMORY)
        .mutating(
            "",
            Seed.of(
                """
                # objects
                root   ::= "{" ws ( pair ("," ws pair)* )? "}" ws
                pair   ::= string ":" ws value
                value  ::= root | string | [0-9]{1,300} | "true" | array
                array  ::= "[" (value ("," value)*)? "]"
                string ::= "\\"" ([^"\\\\] | "\\\\" ["\\\\nt] | "\\x41\\u00e9")* "\\""
                ws     ::= | " " | "\\n" [ \\t]{0,20}
                """),
            Seed.of("root ::= (a | b)+ .? \na ::= [a-z] b{2,} | \"x\"\nb ::= [^a-z]+ a*\n"));
  }

  private static void use(Constraint constraint, String text) {
    constraint.matches(text);
  }
}
