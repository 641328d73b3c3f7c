package io.github.jmixtral.internal.jinja;

/** Puts texts together, counting what it makes. */
final class TextBuilder {
  private final StringBuilder string = new StringBuilder();
  private final Spans.Builder written = new Spans.Builder();
  private final Work work;

  TextBuilder(Work work) {
    this.work = work;
  }

  TextBuilder add(String part) {
    work.characters(part.length());
    string.append(part);
    return this;
  }

  TextBuilder add(char unit) {
    work.characters(1);
    string.append(unit);
    return this;
  }

  TextBuilder add(Text part) {
    add(part, 0, part.units());
    return this;
  }

  /** Adds the part of a text between two UTF-16 units. */
  void add(Text part, int from, int to) {
    work.characters(to - from);
    if (part.isWritten()) {
      written.addAll(part.writtenSpans().part(from, to), string.length());
    }
    string.append(part.string(), from, to);
  }

  /** Adds what takes the place of a unit of a text. */
  void add(String part, Text source, int unit) {
    int from = string.length();
    add(part);
    if (source.writtenSpans().contains(unit)) {
      written.add(from, string.length());
    }
  }

  /** Adds what was computed from a text. */
  TextBuilder add(String part, Text source) {
    return add(Text.from(part, source));
  }

  void repeat(Text part, long times) {
    work.characters(part.units() * Math.clamp(times, 0L, Integer.MAX_VALUE));
    for (long i = 0; i < times; i++) {
      if (part.isWritten()) {
        written.addAll(part.writtenSpans(), string.length());
      }
      string.append(part.string());
    }
  }

  int length() {
    return string.length();
  }

  Text build() {
    return Text.of(string.toString(), written.build());
  }
}
