package io.github.jmixtral.cli;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where a command reads, and where it writes: results to {@link #print}, everything else to {@link
 * #errors}. Text is UTF-8 whatever the locale.
 */
final class Terminal {
  private final InputStream in;
  private final Writer out;
  private final PrintStream errorStream;
  private final PrintWriter errors;
  private final boolean interactive;
  private final Optional<Path> home;
  private final Map<String, String> environment;
  private final Interruption interruption = new Interruption();

  /**
   * Makes a terminal of streams.
   *
   * @param interactive whether a person watches
   * @param home the project's root, where the model in the box is
   * @param environment variables and their values
   */
  Terminal(
      InputStream in,
      OutputStream out,
      PrintStream err,
      boolean interactive,
      Optional<Path> home,
      Map<String, String> environment) {
    this.in = in;
    this.out = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    this.errorStream = err;
    this.errors = new PrintWriter(err, true, err.charset());
    this.interactive = interactive;
    this.home = home;
    this.environment = Map.copyOf(environment);
  }

  /** The process's own streams. */
  static Terminal ofProcess(Optional<Path> home) {
    // System.out swallows failures; and a closed pipe must end the command.
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    boolean interactive = System.console() != null && System.console().isTerminal();
    return new Terminal(System.in, out, err, interactive, home, System.getenv());
  }

  /**
   * Writes a part of the result, at once.
   *
   * @throws ClosedOutputException when its reader is gone
   * @throws UncheckedIOException when it can't be written for another reason
   */
  void print(String text) {
    try {
      out.write(text);
      out.flush();
    } catch (IOException failure) {
      if (isClosedPipe(failure)) {
        throw new ClosedOutputException(failure);
      }
      throw new UncheckedIOException("standard output: cannot be written", failure);
    }
  }

  /** The system's words for it are all that there is; a stream's failure names no file. */
  private static boolean isClosedPipe(IOException failure) {
    return failure.getMessage() instanceof String message
        && message.toLowerCase(Locale.ROOT).contains("pipe");
  }

  /** As {@link #print}, and ends the line. */
  void printLine(String text) {
    print(text + "\n");
  }

  /** Standard output as the option parser's help wants it; fails as {@link #print} does. */
  PrintWriter helpWriter() {
    return new PrintWriter(
        new Writer() {
          @Override
          public void write(char[] text, int from, int length) {
            print(new String(text, from, length));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }

  /** Standard error. */
  PrintWriter errors() {
    return errors;
  }

  /** Standard error as the progress bar wants it. */
  PrintStream errorStream() {
    return errorStream;
  }

  /** All of standard input but one line break at its end, which an {@code echo} has put there. */
  String readAll() {
    String text = TextInput.readAll(in, "standard input");
    if (text.endsWith("\r\n")) {
      return text.substring(0, text.length() - 2);
    }
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  /** Standard input by lines. */
  BufferedReader lines() {
    return TextInput.reader(in);
  }

  /** Whether a person watches. */
  boolean interactive() {
    return interactive;
  }

  /** The project's root, where the model in the box is. */
  Optional<Path> home() {
    return home;
  }

  /** The process's variables and their values. */
  Map<String, String> environment() {
    return environment;
  }

  /** Reacts to Ctrl-C. */
  Interruption interruption() {
    return interruption;
  }
}
