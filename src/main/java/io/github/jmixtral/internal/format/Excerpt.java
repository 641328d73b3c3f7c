package io.github.jmixtral.internal.format;

/** What a file says, made fit for a message: one line of valid Unicode, of bounded length. */
public final class Excerpt {
  private static final int MAX_LENGTH = 200;

  private Excerpt() {}

  /** The text in single quotes, control characters as {@code ?}, cut after 200 characters. */
  public static String quote(String text) {
    return "'" + line(text) + "'";
  }

  /** The text without quotes, control characters as {@code ?}, cut after 200 characters. */
  public static String line(String text) {
    String start = text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
    StringBuilder line = new StringBuilder(start.length());
    start.codePoints().forEach(point -> line.appendCodePoint(isPrintable(point) ? point : '?'));
    return line.toString();
  }

  private static boolean isPrintable(int point) {
    boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    return !surrogate && !Character.isISOControl(point);
  }
}
