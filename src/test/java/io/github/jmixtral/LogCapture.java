package io.github.jmixtral;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.function.Executable;

/** What is written to the log, a line for each message. */
public final class LogCapture {
  private LogCapture() {}

  /** The messages of an action, which may not fail. */
  public static String of(Executable action) {
    PrintStream console = System.err;
    var log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      action.execute();
    } catch (RuntimeException | Error failure) {
      throw failure;
    } catch (Throwable failure) {
      throw new AssertionError(failure);
    } finally {
      System.setErr(console);
    }
    return log.toString(StandardCharsets.UTF_8);
  }
}
