package io.github.jmixtral.cli;

import io.github.jmixtral.hub.FileSelection;
import io.github.jmixtral.hub.HubCache;
import io.github.jmixtral.hub.HubDownload;
import io.github.jmixtral.internal.format.Excerpt;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Brings a model of the Hub into its cache. */
@Command(
    name = "download",
    description = {
      "Downloads a model from the Hugging Face Hub into its cache, where --model ORG/NAME finds it"
          + " and the Python libraries do, too. Prints the folder.",
      "",
      "Files that are already there are not downloaded again, interrupted downloads resume, and"
          + " size and hash of each file are checked. HF_TOKEN, HF_ENDPOINT, HF_HOME, HF_HUB_CACHE"
          + " and HF_HUB_OFFLINE have their usual meaning. A proxy is configured as for any Java"
          + " program:"
          + " JMIXTRAL_JAVA_OPTS='-Dhttps.proxyHost=... -Dhttps.proxyPort=...'."
    },
    footer = {
      "  jmixtral download mistralai/Mixtral-8x7B-Instruct-v0.1",
      "  jmixtral download ORG/NAME-GGUF --include '*Q4_0.gguf'"
    })
final class DownloadCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Parameters(
      index = "0",
      paramLabel = "ORG/NAME[@REVISION]",
      description = "The model; a revision is a branch, a tag or a whole commit id.")
  private String model;

  @Option(
      names = "--include",
      paramLabel = "PATTERN",
      description = {
        "Download the files whose paths match, such as '*Q4_0.gguf'; may be repeated.",
        "Default: configuration, tokenizer, and the weights in their first form of safetensors, raw"
            + " release in safetensors, raw release."
      })
  private List<String> include;

  @Option(names = "--json", description = "Print one object: the folder.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (!HubCache.isModelName(model)) {
      throw new ParameterException(
          spec.commandLine(),
          "Invalid value for MODEL: "
              + Excerpt.quote(model)
              + " is not of the form ORG/NAME[@REVISION]");
    }
    FileSelection selection =
        include == null ? FileSelection.needed() : FileSelection.matching(include);
    Path folder = download(HubDownload.ofEnvironment(main.terminal().environment()), selection);
    main.terminal()
        .printLine(
            json
                ? JsonLines.line(JsonLines.object().put("path", folder.toString()))
                : folder.toString());
    return Main.GOOD;
  }

  private Path download(HubDownload hub, FileSelection selection) {
    try (ByteProgress shown = new ByteProgress(main, "download")) {
      return hub.download(model, selection, shown::show);
    }
  }
}
