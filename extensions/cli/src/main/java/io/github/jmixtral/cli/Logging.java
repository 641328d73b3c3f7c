package io.github.jmixtral.cli;

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

  /** What the user set with -D stays. */
  private static void set(String key, String value) {
    if (System.getProperty(PREFIX + key) == null) {
      System.setProperty(PREFIX + key, value);
    }
  }
}
