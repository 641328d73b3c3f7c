package io.github.jmixtral.internal.jinja;

/**
 * A Python string, which counts by code points, and what of it people wrote. {@code markup} is
 * whether it is MarkupSafe's kind, which the filters {@code safe} and {@code escape} make.
 * Immutable.
 */
final class Text implements Value {
  static final Text EMPTY = new Text("", Spans.NONE, false);

  private final String string;
  private final Spans written;
  private final boolean markup;
  private final int length;

  private Text(String string, Spans written, boolean markup) {
    this.string = string;
    this.written = written;
    this.markup = markup;
    this.length = string.codePointCount(0, string.length());
  }

  static Text of(String string) {
    return string.isEmpty() ? EMPTY : new Text(string, Spans.NONE, false);
  }

  static Text written(String string) {
    return of(string, Spans.whole(string.length()));
  }

  static Text of(String string, Spans written) {
    return new Text(string, written, false);
  }

  /** A text computed from others: if people wrote any part of those, then all of it. */
  static Text from(String string, Text... sources) {
    for (Text source : sources) {
      if (source.isWritten()) {
        return written(string);
      }
    }
    return of(string);
  }

  /** A text that has taken this one's place, letter by letter. */
  Text changedTo(String string) {
    if (!isWritten()) {
      return of(string);
    }
    return string.length() == this.string.length() ? of(string, written) : written(string);
  }

  Text asMarkup() {
    return markup ? this : new Text(string, written, true);
  }

  Text asMarkupIf(boolean wanted) {
    return wanted ? asMarkup() : this;
  }

  Text asPlain() {
    return markup ? new Text(string, written, false) : this;
  }

  String string() {
    return string;
  }

  Spans writtenSpans() {
    return written;
  }

  boolean isWritten() {
    return !written.isEmpty();
  }

  boolean isMarkup() {
    return markup;
  }

  boolean isEmpty() {
    return string.isEmpty();
  }

  /** Code points. */
  int length() {
    return length;
  }

  /** UTF-16 units. */
  int units() {
    return string.length();
  }

  private boolean isWide() {
    return length != string.length();
  }

  /** The UTF-16 unit where a code point begins. */
  int unitOf(int codePoint) {
    return isWide() ? string.offsetByCodePoints(0, codePoint) : codePoint;
  }

  /** The number of code points before a UTF-16 unit. */
  int codePointOf(int unit) {
    return isWide() ? string.codePointCount(0, unit) : unit;
  }

  /** The part between two UTF-16 units, never markup. */
  Text part(int from, int to) {
    if (from == 0 && to == string.length() && !markup) {
      return this;
    }
    return from >= to ? EMPTY : of(string.substring(from, to), written.part(from, to));
  }

  /** The part between two code points, never markup. */
  Text slice(int from, int to) {
    if (from >= to) {
      return EMPTY;
    }
    int begin = unitOf(from);
    int end = isWide() ? string.offsetByCodePoints(begin, to - from) : to;
    return part(begin, end);
  }

  @Override
  public String typeName() {
    return markup ? "Markup" : "str";
  }

  @Override
  public String qualifiedTypeName() {
    return markup ? "markupsafe.Markup" : "str";
  }

  /** For debugging. */
  @Override
  public String toString() {
    return string;
  }
}
