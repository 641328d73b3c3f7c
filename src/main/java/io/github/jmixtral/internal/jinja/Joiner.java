package io.github.jmixtral.internal.jinja;

/** {@code joiner(…)}: nothing at the first call, the separator at every later one. */
final class Joiner implements Value {
  private final Value separator;
  private boolean used;

  Joiner(Value separator) {
    this.separator = separator;
  }

  Value separator() {
    return separator;
  }

  boolean isUsed() {
    return used;
  }

  Value call() {
    if (!used) {
      used = true;
      return Text.EMPTY;
    }
    return separator;
  }

  @Override
  public String typeName() {
    return "Joiner";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.utils.Joiner";
  }
}
