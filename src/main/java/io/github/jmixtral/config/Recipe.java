package io.github.jmixtral.config;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which weights are quantised, and to how many bits. The router and the norms never are.
 *
 * @since 0.1.0
 */
public enum Recipe {
  /**
   * Experts 2.6 bits, w2 in the first and the last eighth of the layers 3.6; queries and embedding
   * 4.6 bits, all other matrices 6.6 bits.
   */
  Q2,

  /**
   * Experts 3.6 bits, w2 in the first and the last sixteenth of the layers 4.6; queries and
   * embedding 4.6 bits, all other matrices 6.6 bits.
   */
  Q3,

  /** Experts and the queries' projection 4 bits; all other matrices, which are few, 8 bits. */
  Q4,

  /** Every matrix but the router 4 bits. */
  Q4_ALL,

  /** Experts and the queries' projection 5.6 bits; all other matrices 8 bits. */
  Q5,

  /** Experts and the queries' projection 6.6 bits; all other matrices 8 bits. */
  Q6,

  /** Every matrix but the router 8 bits. */
  Q8;

  /** The recipe of that name, if there is one. */
  public static Optional<Recipe> of(String name) {
    return Stream.of(values()).filter(recipe -> recipe.toString().equals(name)).findFirst();
  }

  /** The name where people write it: {@code q4}, {@code q4-all}, {@code q8}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
