package io.github.jmixtral.internal.jinja;

/**
 * How much a rendering may do. Templates come from downloaded files: one that does not come to an
 * end is an error, not a hanging program.
 *
 * @param steps expressions, statements, rounds of loops and elements of lists
 * @param characters of all texts made on the way, together
 * @param output characters of the result
 */
public record JinjaLimits(long steps, long characters, int output) {
  /** More than any conversation that fits a model needs. */
  public static final JinjaLimits DEFAULT = new JinjaLimits(10_000_000, 64_000_000, 16_000_000);

  /** For what is computed once, while a template is read. */
  static final JinjaLimits OF_CONSTANTS = new JinjaLimits(100_000, 200_000, 100_000);
}
