package io.github.jmixtral.internal.jinja;

/** {@code namespace()}: the one thing that {@code set} can change from within a loop. */
final class Namespace implements Value {
  private final DictValue attributes;

  Namespace(DictValue attributes) {
    this.attributes = attributes;
  }

  DictValue attributes() {
    return attributes;
  }

  @Override
  public String typeName() {
    return "Namespace";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.utils.Namespace";
  }
}
