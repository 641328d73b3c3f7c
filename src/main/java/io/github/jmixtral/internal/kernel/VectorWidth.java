package io.github.jmixtral.internal.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The vectors that the SIMD kernels use: the machine's widest, of 512 bits at most. */
final class VectorWidth {

  /** A tile of quantised weights is 512 bits wide, and 16 lanes are what a reduction folds. */
  private static final int LARGEST_BITS = 512;

  /** Narrower vectors have no counterpart of half their width for 16-bit numbers. */
  private static final int SMALLEST_BITS = 128;

  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.vectorBitSize() > LARGEST_BITS
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;

  /** Vectors as wide as {@link #FLOATS}. */
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /** Vectors as wide as {@link #FLOATS}, of twice as many lanes. */
  static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, FLOATS.vectorShape());

  /**
   * As many shorts as {@link #FLOATS} has lanes; for 64 bits and less the same as {@link #SHORTS}.
   */
  static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(
          short.class,
          VectorShape.forBitSize(
              Math.max(VectorShape.S_64_BIT.vectorBitSize(), FLOATS.vectorBitSize() / 2)));

  private VectorWidth() {}

  /** Whether this machine's vectors are wide enough. */
  static boolean isEnough() {
    return FLOATS.vectorBitSize() >= SMALLEST_BITS;
  }
}
