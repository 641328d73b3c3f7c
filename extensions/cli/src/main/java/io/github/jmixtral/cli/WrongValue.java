package io.github.jmixtral.cli;

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
}
