package io.github.jmixtral.cli;

import io.github.jmixtral.MixtralForCausalLM;
import io.github.jmixtral.MixtralForSequenceClassification;
import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.openai.api.ServedModel;
import io.github.jmixtral.server.MixtralServer;
import io.github.jmixtral.server.config.ServerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Serves a model over HTTP until the process is asked to end. */
@Command(
    name = "serve",
    description = {
      "Serves a model over HTTP, with the APIs of OpenAI and Ollama and a page to chat.",
      "",
      "When it is ready it prints one line on standard error: jmixtral: listening on http://…."
          + " SIGTERM and Ctrl-C end it: nothing new begins, what runs may end within a time."
    },
    footer = {
      "  jmixtral serve",
      "  jmixtral serve --model mixtral-q4 --host 0.0.0.0 --api-key-file keys.txt",
      "  curl http://127.0.0.1:8080/v1/chat/completions \\",
      "    -H 'Content-Type: application/json' \\",
      "    -d '{\"messages\": [{\"role\": \"user\", \"content\": \"Why is the sky blue?\"}]}'"
    })
final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;
  @Mixin private RequestOptions requestOptions;
  @Mixin private TextOptions textOptions;
  @Mixin private ListenOptions listenOptions;

  @Option(
      names = "--max-waiting",
      paramLabel = "N",
      defaultValue = "256",
      description = {
        "How many requests may wait for that; more are asked to come again (status 503).",
        "Default: ${DEFAULT-VALUE}."
      })
  private int maxWaiting;

  ServeCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    ServerOptions options = listenOptions.serverOptions();
    Path folder = modelOptions.folder(main.terminal());
    try (OpenModel model =
        OpenModel.load(folder, requestOptions.name(modelOptions, folder), loadOptions())) {
      ServedModel served = model.served().withByteSize(byteSize(folder));
      served.generator().ifPresent(MixtralForCausalLM::warmUp);
      served.classifier().ifPresent(MixtralForSequenceClassification::warmUp);
      serve(served, options);
    }
    return Main.GOOD;
  }

  private void serve(ServedModel model, ServerOptions options) throws InterruptedException {
    try (MixtralServer server = MixtralServer.start(model, options)) {
      main.terminal().interruption().endInGoodOrder(server::close);
      main.terminal().errors().println("jmixtral: listening on " + server.uri());
      server.await();
    }
  }

  private LoadOptions loadOptions() {
    try {
      LoadOptions options = textOptions.over(modelOptions.loadOptions());
      return requestOptions.over(options).withMaxWaiting(maxWaiting);
    } catch (IllegalArgumentException failure) {
      throw new ParameterException(spec.commandLine(), failure.getMessage(), failure);
    }
  }

  /** Of the files beside the configuration: nearly all of them are weights. */
  private static long byteSize(Path folder) {
    if (!Files.isDirectory(folder)) {
      return folder.toFile().length();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
