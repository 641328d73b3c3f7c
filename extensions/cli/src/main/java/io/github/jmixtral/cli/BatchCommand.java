package io.github.jmixtral.cli;

import io.github.jmixtral.config.LoadOptions;
import io.github.jmixtral.generation.CancellationHandle;
import io.github.jmixtral.openai.OpenAiApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Answers a file of requests. */
@Command(
    name = "batch",
    description = {
      "Answers a file of requests, many at once, in the format of OpenAI's batches.",
      "",
      "Each line is a request: {\"custom_id\": \"1\", \"url\": \"/v1/chat/completions\", \"body\":"
          + " {…}}. Each line of --out is its answer, in the same order. An interrupted run goes on"
          + " where it was when it is started again."
    },
    footer = {
      "  jmixtral batch --in requests.jsonl --out answers.jsonl",
      "  jmixtral batch --model mixtral-q4 --max-requests 32 --in questions.jsonl --out"
          + " answers.jsonl"
    })
final class BatchCommand implements Callable<Integer> {
  /** While one line's text is read or its answer written, another one computes. */
  private static final int WORKERS_PER_REQUEST = 2;

  @Spec private CommandSpec spec;
  @ParentCommand private Main main;
  @Mixin private ModelOptions modelOptions;
  @Mixin private RequestOptions requestOptions;

  @Option(
      names = "--in",
      paramLabel = "FILE.jsonl",
      required = true,
      description = "The requests, one a line.")
  private Path in;

  @Option(
      names = "--out",
      paramLabel = "FILE.jsonl",
      required = true,
      description = {
        "The answers, one a line. A file that holds the first answers of the same run is"
            + " continued, any other is refused."
      })
  private Path out;

  BatchCommand() {}

  @Override
  public Integer call() {
    requireTwoFiles();
    Path folder = modelOptions.folder(main.terminal());
    String name = requestOptions.name(modelOptions, folder);
    LoadOptions options = requestOptions.over(modelOptions.loadOptions());
    try (BatchInput input = new BatchInput(in, BatchIdentity.of(folder, name, options));
        BatchOutput output = BatchOutput.open(out, input)) {
      if (input.peek().isPresent()) { // otherwise the model need not be loaded
        try (OpenModel model = OpenModel.load(folder, name, options)) {
          main.terminal().interruption().endOrderly(() -> answer(model, options, input, output));
        }
      }
    }
    return Main.GOOD;
  }

  private Void answer(OpenModel model, LoadOptions options, BatchInput input, BatchOutput output) {
    CancellationHandle cancellation = new CancellationHandle();
    main.terminal().interruption().cancellation().onCancel(cancellation::cancel);
    BatchRequests requests = new BatchRequests(new OpenAiApi(model.served()), cancellation);
    long lines = main.showsProgress() ? BatchInput.count(in) : 0;
    var progress = new BatchProgress(main.progress("batch, lines", lines, output.count()));
    try (progress) {
      new BatchRun(WORKERS_PER_REQUEST * options.maxRequests(), requests::answer, cancellation)
          .run(input, output, progress::add);
    }
    if (progress.errors() > 0) {
      main.warn("%d of %d answers are errors".formatted(progress.errors(), progress.answers()));
    }
    return null;
  }

  private void requireTwoFiles() {
    if (Files.exists(out) && !Files.isRegularFile(out)) {
      throw WrongValue.of(spec, "--out", "a file, which can be continued", out);
    }
    try {
      if (Files.exists(in) && Files.exists(out) && Files.isSameFile(in, out)) {
        throw WrongValue.of(spec, "--out", "another file than that of --in", out);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
