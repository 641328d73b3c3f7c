package io.github.jmixtral.internal.jinja;

/** Counts what a rendering does, and ends one that does too much. Of one thread. */
final class Work {
  /** Levels of expressions, statements and values within each other, as deep as Python's calls. */
  private static final int DEEPEST = 1200;

  /** Bits of the largest integer. */
  private static final int WIDEST = 1 << 17;

  private final JinjaLimits limits;
  private long steps;
  private long characters;
  private int depth;

  Work(JinjaLimits limits) {
    this.limits = limits;
  }

  void step() {
    steps(1);
  }

  void steps(long count) {
    steps += count;
    if (steps > limits.steps() || steps < 0) {
      throw JinjaException.tooMuch("the template does not come to an end");
    }
  }

  /** To be called before a text of that many characters is made. */
  void characters(long count) {
    characters += count;
    if (characters > limits.characters() || characters < 0) {
      throw JinjaException.tooMuch("the template makes too much text");
    }
  }

  void output(long length) {
    if (length > limits.output()) {
      throw JinjaException.tooMuch(
          "the template writes more than " + limits.output() + " characters");
    }
  }

  /** To be called before an integer of that many bits is made. */
  void bits(long count) {
    if (count > WIDEST) {
      throw JinjaException.tooMuch(
          "the template computes an integer of more than " + WIDEST + " bits");
    }
    steps(count / 64);
  }

  /** Goes a level deeper; an error need not be followed by {@link #leave}. */
  void enter() {
    if (++depth > DEEPEST) {
      throw JinjaException.tooDeep();
    }
  }

  void leave() {
    depth--;
  }
}
