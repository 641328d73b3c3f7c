package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How many threads work on weights. */
final class ThreadsOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute. Default: as many as the machine or container grants.")
  private Integer threads;

  ThreadsOption() {}

  int count() {
    LoadOptions options = LoadOptions.defaults();
    try {
      return (threads == null ? options : options.withThreads(threads)).threads();
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }
}
