package io.github.jmixtral.internal.jinja;

/** {@code True} and {@code False}. */
enum BoolValue implements Value {
  FALSE,
  TRUE;

  static BoolValue of(boolean value) {
    return value ? TRUE : FALSE;
  }

  @Override
  public String typeName() {
    return "bool";
  }
}
