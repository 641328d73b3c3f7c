package io.github.jmixtral.internal.jinja;

/**
 * A class that templates can call: {@code dict}, {@code namespace}, {@code cycler}, {@code joiner}.
 */
enum TypeValue implements Value {
  DICT("dict"),
  NAMESPACE("jinja2.utils.Namespace"),
  CYCLER("jinja2.utils.Cycler"),
  JOINER("jinja2.utils.Joiner");

  private final String qualifiedName;

  TypeValue(String qualifiedName) {
    this.qualifiedName = qualifiedName;
  }

  String qualifiedName() {
    return qualifiedName;
  }

  @Override
  public String typeName() {
    return "type";
  }
}
