package io.github.jmixtral.cli;

import io.github.jmixtral.error.JmixtralException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what was thrown into a line on standard error and an exit code. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private final Main main;

  Failures(Main main) {
    this.main = main;
  }

  /** Wrong usage: what is wrong, the command's synopsis, where to read more. */
  @Override
  public int handleParseException(ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    PrintWriter errors = command.getErr();
    errors.println(oneLine(failure.getMessage()));
    UnmatchedArgumentException.printSuggestions(failure, errors);
    errors.print(command.getHelp().fullSynopsis());
    errors.printf(
        "Try '%s --help' for more information.%n", command.getCommandSpec().qualifiedName());
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    return handle(failure);
  }

  /** Bad input, or a defect of ours. */
  int handle(Throwable failure) {
    if (failure instanceof ClosedOutputException) {
      return Main.GOOD; // the reader, such as head, has seen enough: not a failure
    }
    PrintWriter errors = main.terminal().errors();
    errors.println("jmixtral: " + describe(failure));
    if (main.verbose()) {
      failure.printStackTrace(errors);
    }
    return Main.BAD_INPUT;
  }

  private static String describe(Throwable failure) {
    return switch (failure) {
      case UncheckedIOException unchecked -> describe(unchecked);
      case JmixtralException expected -> oneLine(expected.getMessage());
      case CancellationException _ -> "interrupted";
      case IllegalArgumentException expected -> oneLine(expected.getMessage());
      case OutOfMemoryError tooLarge ->
          "out of memory: the Java heap of %d MB is too small (%s); raise it with JMIXTRAL_JAVA_OPTS=-Xmx…"
              .formatted(Runtime.getRuntime().maxMemory() >> 20, oneLine(tooLarge.getMessage()));
      default ->
          "unexpected failure, probably a bug of jmixtral (--verbose shows details): "
              + oneLine(failure.toString());
    };
  }

  private static String describe(UncheckedIOException failure) {
    IOException cause = failure.getCause();
    String message = failure.getMessage();
    // Without a message of its own the exception repeats its cause, which names the file.
    boolean repeats = message == null || message.equals(cause.toString());
    return oneLine((repeats ? place(cause) : message) + ": " + reason(cause));
  }

  private static String place(IOException cause) {
    return cause instanceof FileSystemException failure ? failure.getFile() : "input or output";
  }

  private static String reason(IOException cause) {
    return switch (cause) {
      case AccessDeniedException _ -> "access denied";
      case NoSuchFileException _ -> "no such file or folder";
      case FileSystemException failure when failure.getReason() != null -> failure.getReason();
      default -> cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    };
  }

  private static String oneLine(String message) {
    return message == null ? "no message" : message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
