package io.github.jmixtral.cli;

/** A line of a table of names and values. */
final class TableRow {
  private TableRow() {}

  static String of(String name, Object value) {
    return "%-24s %s".formatted(name, value);
  }
}
