package io.github.jmixtral.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.function.LongSupplier;

/** How much slf4j-simple writes to standard error. Works before the first logger is made. */
final class Logging {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Logging() {}

  static void configure(boolean verbose, boolean quiet) {
    set("defaultLogLevel", verbose ? "info" : quiet ? "error" : "warn");
    // What a server's clients do wrong is no warning to its owner.
    set("log.org.eclipse.jetty", verbose ? "info" : "error");
    set("showThreadName", "false");
    set("showLogName", "false");
    set("levelInBrackets", "false");
  }

  /**
   * Runs a first look at what a later step opens again: each warning is printed once, by the later
   * step, or here where there will be none.
   */
  static long deferred(LongSupplier look) {
    PrintStream err = System.err;
    ByteArrayOutputStream logged = new ByteArrayOutputStream();
    System.setErr(new PrintStream(logged, true, err.charset()));
    try {
      return look.getAsLong();
    } catch (RuntimeException | Error failure) {
      err.print(logged.toString(err.charset()));
      throw failure;
    } finally {
      System.setErr(err);
    }
  }

  /** What the user set with -D stays. */
  private static void set(String key, String value) {
    if (System.getProperty(PREFIX + key) == null) {
      System.setProperty(PREFIX + key, value);
    }
  }
}
