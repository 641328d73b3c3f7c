package io.github.jmixtral.internal.jinja;

/** The variable {@code self}: the template's blocks by name. */
record Blocks(Context context) implements Value {
  @Override
  public String typeName() {
    return "TemplateReference";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.runtime.TemplateReference";
  }
}
