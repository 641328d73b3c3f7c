package io.github.jmixtral.cli;

import io.github.jmixtral.config.Recipe;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Wrong usage that only a command knows: an option's value that makes no sense there. */
final class WrongValue {
  private WrongValue() {}

  /** What to throw about an option's value. */
  static ParameterException of(CommandSpec spec, String option, String expected, Object found) {
    return new ParameterException(
        spec.commandLine(),
        "Invalid value for option '%s': expected %s, found '%s'"
            .formatted(option, expected, found));
  }

  /** The recipe that {@code --recipe} names. */
  static Recipe unlessRecipe(CommandSpec spec, String name) {
    return Recipe.of(name)
        .orElseThrow(() -> of(spec, "--recipe", "q2, q3, q4, q4-all, q5, q6 or q8", name));
  }
}
