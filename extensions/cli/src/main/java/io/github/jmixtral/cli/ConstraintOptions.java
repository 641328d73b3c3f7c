package io.github.jmixtral.cli;

import io.github.jmixtral.constraint.Constraint;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the new text may be, whatever the model would like to say. */
final class ConstraintOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @ArgGroup(exclusive = true)
  private Kind kind;

  /** One of these is given at most. */
  private static final class Kind {
    @Option(
        names = "--choice",
        paramLabel = "TEXT",
        description = "The new text is this one, or another that is given in the same way.")
    private List<String> choices;

    @Option(
        names = "--regex",
        paramLabel = "PATTERN",
        description = "The new text matches this regular expression (Java's) from end to end.")
    private String regex;

    @Option(names = "--json-value", description = "The new text is JSON.")
    private boolean jsonValue;

    @Option(
        names = "--json-schema",
        paramLabel = "FILE",
        description = "The new text is JSON that fits this schema.")
    private Path jsonSchema;

    /** Nothing is given yet. */
    Kind() {}
  }

  ConstraintOptions() {}

  /**
   * What the text is held to, if anything was given.
   *
   * @throws ParameterException for a regular expression that is malformed or not supported
   * @throws IllegalArgumentException for such a schema; the message names its file
   */
  Optional<Constraint> constraint() {
    if (kind == null) {
      return Optional.empty();
    }
    return Optional.of(kind.jsonSchema == null ? ofArguments() : ofSchema(kind.jsonSchema));
  }

  private Constraint ofArguments() {
    try {
      if (kind.jsonValue) {
        return Constraint.json();
      }
      return kind.regex == null ? Constraint.oneOf(kind.choices) : Constraint.regex(kind.regex);
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }

  private static Constraint ofSchema(Path file) {
    String text = TextInput.readAll(file);
    try {
      return Constraint.jsonSchema(text);
    } catch (IllegalArgumentException failure) {
      throw new IllegalArgumentException(file + ": " + failure.getMessage(), failure);
    }
  }
}
