package io.github.jmixtral.cli;

import io.github.jmixtral.internal.checkpoint.RearrangingProgress;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line's entry. Results go to standard output, everything else to standard error; the
 * exit code is 0 when all is good, 1 when the input is bad, 2 for wrong usage.
 */
@Command(
    name = "jmixtral",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpWidth = 100,
    abbreviateSynopsis = true,
    optionListHeading = "%nOptions:%n",
    parameterListHeading = "%nArguments:%n",
    description = "Runs Mixtral models.",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  jmixtral generate \"Once upon a time\"",
      "  jmixtral chat",
      "  jmixtral COMMAND --help"
    },
    subcommands = {
      GenerateCommand.class,
      ChatCommand.class,
      ServeCommand.class,
      BatchCommand.class,
      TokenizeCommand.class,
      LogitsCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      PerplexityCommand.class,
      QuantizeCommand.class,
      ConvertCommand.class,
      DownloadCommand.class,
      SynthesizeCommand.class,
      BenchCommand.class
    })
public final class Main implements Callable<Integer> {
  /** The exit code when all went well. */
  static final int GOOD = CommandLine.ExitCode.OK;

  /** The exit code when the input is bad. */
  static final int BAD_INPUT = CommandLine.ExitCode.SOFTWARE;

  private final Terminal terminal;
  private final Failures failures = new Failures(this);

  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Log what happens, and show the stack trace of a failure.")
  private boolean verbose;

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "No warnings and no progress bars.")
  private boolean quiet;

  private Main(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // Programs read what is printed: numbers look the same everywhere.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    Optional<Path> home = Optional.ofNullable(System.getProperty("jmixtral.home")).map(Path::of);
    Terminal terminal = Terminal.ofProcess(home);
    terminal.interruption().listen();
    System.exit(run(terminal, arguments));
  }

  /** Runs a command and returns its exit code. */
  static int run(Terminal terminal, String... arguments) {
    Main main = new Main(terminal);
    CommandLine commandLine = new CommandLine(main);
    commandLine.setOut(terminal.helpWriter());
    commandLine.setErr(terminal.errors());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler(main.failures);
    commandLine.setExecutionExceptionHandler(main.failures);
    commandLine.setExecutionStrategy(
        parsed -> {
          Logging.configure(main.verbose, main.quiet);
          try {
            return main.execute(parsed);
          } catch (ClosedOutputException | UncheckedIOException failure) {
            return main.failures.handle(failure); // the help, which is no command, was not printed
          }
        });
    try {
      return commandLine.execute(arguments);
    } catch (Error failure) {
      return main.failures.handle(failure);
    }
  }

  /** Runs a command; whichever loads a model, somebody who watches sees how far that is. */
  private int execute(CommandLine.ParseResult parsed) {
    try (ByteProgress loading = new ByteProgress(this, "load")) {
      return ScopedValue.where(RearrangingProgress.WATCHER, loading::show)
          .call(() -> new CommandLine.RunLast().execute(parsed));
    }
  }

  /** Without a command: says what there is. */
  @Override
  public Integer call() {
    spec.commandLine().usage(terminal.errors());
    return CommandLine.ExitCode.USAGE;
  }

  Terminal terminal() {
    return terminal;
  }

  /** What says what went wrong. */
  Failures failures() {
    return failures;
  }

  boolean verbose() {
    return verbose;
  }

  /** Shows how far something is, where somebody watches. */
  Progress progress(String task, long steps) {
    return progress(task, steps, 0);
  }

  /** The same where some of the steps were done before. */
  Progress progress(String task, long steps, long done) {
    return showsProgress() ? Progress.bar(terminal, task, steps, done) : Progress.none();
  }

  /** Whether somebody watches, and wants to. */
  boolean showsProgress() {
    return terminal.interactive() && !quiet;
  }

  /** Says on standard error what is no failure, but should be known. */
  void warn(String sentence) {
    if (!quiet) {
      terminal.errors().println("jmixtral: " + sentence);
    }
  }
}
