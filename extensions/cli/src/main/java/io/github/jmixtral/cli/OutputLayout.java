package io.github.jmixtral.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The layout that a command writes: what {@code --to} says, or else what the name says. */
final class OutputLayout {
  private static final String HUB = "hub";
  private static final String GGUF = "gguf";

  /** Models in one file are found by it. */
  private static final String SUFFIX = ".gguf";

  private OutputLayout() {}

  /**
   * One of the layouts.
   *
   * @param to what {@code --to} says, or null
   * @param layouts what it may say, {@code gguf} the last
   * @throws ParameterException when it is none of them, or does not fit the name
   */
  static String of(CommandSpec spec, String to, List<String> layouts, Path out) {
    boolean isFile = out.toString().endsWith(SUFFIX);
    if (to == null) {
      return isFile ? GGUF : HUB;
    }
    if (!layouts.contains(to)) {
      String others = String.join(", ", layouts.subList(0, layouts.size() - 1));
      throw WrongValue.of(spec, "--to", others + " or " + layouts.getLast(), to);
    }
    if (isFile != to.equals(GGUF)) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for OUT: with --to %s the name must %s with %s, but it is '%s'"
              .formatted(to, isFile ? "not end" : "end", SUFFIX, out));
    }
    return to;
  }
}
