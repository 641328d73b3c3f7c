package io.github.jmixtral.internal.jinja;

/**
 * A template that cannot be read, or an error while it renders, by the name that Python gives it:
 * {@code line 3: UndefinedError: 'x' is undefined}.
 */
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** When an error shows. */
  public enum Stage {
    /** The template itself is broken. */
    COMPILE,
    /** The template and its variables do not fit. */
    RENDER
  }

  private final String kind;
  private final String reason;
  private final Stage stage;
  private final int line;

  private static final int LONGEST_SHOWN = 500;

  private JinjaException(String kind, String reason, Stage stage, int line) {
    super((line > 0 ? "line " + line + ": " : "") + kind + ": " + oneLine(reason));
    this.kind = kind;
    this.reason = reason;
    this.stage = stage;
    this.line = line;
  }

  /** A reason fit for a message; templates write reasons as long as they like. */
  private static String oneLine(String reason) {
    String line =
        reason.length() > LONGEST_SHOWN ? reason.substring(0, LONGEST_SHOWN) + "…" : reason;
    return line.replaceAll("[\\p{Cntrl}\u2028\u2029]+", " ");
  }

  /** An error while rendering; where is added by {@link #at}. */
  static JinjaException of(String kind, String reason) {
    return new JinjaException(kind, reason, Stage.RENDER, 0);
  }

  static JinjaException typeError(String reason) {
    return of("TypeError", reason);
  }

  static JinjaException valueError(String reason) {
    return of("ValueError", reason);
  }

  static JinjaException filterArgument(String reason) {
    return of("FilterArgumentError", reason);
  }

  /** Something that the reference has and this interpreter has not. */
  static JinjaException notSupported(String what) {
    return of("NotSupportedError", what + " is not supported in chat templates");
  }

  static JinjaException tooMuch(String what) {
    return of("ResourceLimitError", what);
  }

  static JinjaException tooDeep() {
    return of("RecursionError", "maximum recursion depth exceeded");
  }

  /** A template that is broken. */
  static JinjaException syntax(String reason, int line) {
    return new JinjaException("TemplateSyntaxError", reason, Stage.COMPILE, line);
  }

  static JinjaException assertion(String reason, int line) {
    return new JinjaException("TemplateAssertionError", reason, Stage.COMPILE, line);
  }

  static JinjaException whileCompiling(String kind, String reason, int line) {
    return new JinjaException(kind, reason, Stage.COMPILE, line);
  }

  /** The same error with the line where it showed, unless it has one. */
  JinjaException at(int place) {
    return line > 0 ? this : new JinjaException(kind, reason, stage, place);
  }

  /** The class of the error in Python, such as {@code UndefinedError}. */
  public String kind() {
    return kind;
  }

  /** The message without place and kind. */
  public String reason() {
    return reason;
  }

  /** The message without place and kind, in one line of at most 500 characters. */
  public String shownReason() {
    return oneLine(reason);
  }

  public Stage stage() {
    return stage;
  }

  /** The line of the template, from 1; 0 if unknown. */
  public int line() {
    return line;
  }
}
