package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A model that answers requests, many at once: the options of commands that have one do so. */
final class RequestOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "The model's name in requests and answers. Default: the name that --model gives.")
  private String name;

  @Option(
      names = "--max-requests",
      paramLabel = "N",
      description = {
        "How many requests are computed at the same time; others wait.",
        "Default: that of the library, 16."
      })
  private Integer maxRequests;

  @Option(
      names = "--cache-memory",
      paramLabel = "MB",
      description = {
        "Memory for the keys and values of all requests; what does not fit beside others waits.",
        "Default: what the machine has beside the weights, half of the Java heap at most."
      })
  private Integer cacheMegabytes;

  RequestOptions() {}

  /** What requests call the model. */
  String name(ModelOptions modelOptions, Path folder) {
    return name != null ? name : modelOptions.servedName(folder);
  }

  /** These in place of others. */
  LoadOptions over(LoadOptions others) {
    try {
      LoadOptions options = maxRequests == null ? others : others.withMaxRequests(maxRequests);
      return cacheMegabytes == null
          ? options
          : options.withCacheBudget((long) cacheMegabytes << 20);
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }
}
