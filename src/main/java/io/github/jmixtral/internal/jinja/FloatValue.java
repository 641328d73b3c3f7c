package io.github.jmixtral.internal.jinja;

/** A float. Not a record: NaN equals itself only as the same object. */
final class FloatValue implements Value {
  private final double value;

  FloatValue(double value) {
    this.value = value;
  }

  double value() {
    return value;
  }

  @Override
  public String typeName() {
    return "float";
  }
}
