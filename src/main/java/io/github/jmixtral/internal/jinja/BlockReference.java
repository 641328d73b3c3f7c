package io.github.jmixtral.internal.jinja;

/** {@code self.name}: renders a block when it is called. */
record BlockReference(String name, Block block, Context context) implements Value {
  Value call(Rendering rendering) {
    TextBuilder out = new TextBuilder(rendering.work());
    block.run(context, rendering, out);
    return out.build().asMarkupIf(rendering.autoescape());
  }

  @Override
  public String typeName() {
    return "BlockReference";
  }

  @Override
  public String qualifiedTypeName() {
    return "jinja2.runtime.BlockReference";
  }
}
