package io.github.jmixtral.internal.jinja;

/** {@code None}. */
enum NoneValue implements Value {
  NONE;

  @Override
  public String typeName() {
    return "NoneType";
  }
}
