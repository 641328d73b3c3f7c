package io.github.jmixtral.internal.jinja;

/**
 * A compiled block.
 *
 * @param slots how many its variables need
 */
record Block(int slots, Execution body) {
  void run(Context context, Rendering rendering, TextBuilder out) {
    rendering.work().enter();
    body.run(new Activation(rendering, context, null, slots), out);
    rendering.work().leave();
  }
}
